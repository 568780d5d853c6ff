// SPDX-License-Identifier: Apache-2.0
#include "hardware/machine_notes.h"

#include <doctest/doctest.h>

using namespace cachebench::hardware;
using cachebench::Bytes;
using cachebench::kGiB;
using cachebench::kKiB;

namespace {

// A machine without anything to say about.
Topology sound_machine() {
  Topology machine;
  machine.is_this_machine = true;
  machine.memory = kGiB * 16;
  PciDevice bridge;
  bridge.bus_id = "0000:00:1c.0";
  machine.pci = {bridge};
  Limits& limits = machine.limits;
  limits.locked_memory = Bound{.is_unlimited = true, .bytes = {}};
  limits.io_uring = true;
  CacheDirectory directory;
  directory.path = "/cache";
  directory.filesystem = "ext4";
  directory.free = kGiB * 100;
  directory.direct_io = true;
  limits.cache_directory = directory;
  return machine;
}

// The only note, which has to be about `about`, of one line, and say what still works.
std::string only_note(const Topology& machine, const std::string& about) {
  const std::vector<MachineNote> notes = machine_notes(machine);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].about == about);
  for (const std::string& part : {notes[0].what, notes[0].works, notes[0].remedy}) {
    CHECK(!part.empty());
    CHECK(part.find('\n') == std::string::npos);
    CHECK(notes[0].text().find(part) != std::string::npos);
  }
  return notes[0].text();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a sound machine has no notes") {
  CHECK(machine_notes(sound_machine()).empty());
}

TEST_CASE("no PCI devices: here, and in a file") {
  Topology machine = sound_machine();
  machine.pci.clear();
  CHECK(has(only_note(machine, "pci"), "memory and drives are not affected"));
  machine.is_this_machine = false;
  CHECK(has(only_note(machine, "pci"), "exported without I/O"));
}

TEST_CASE("a low limit of locked memory, and who can raise it") {
  Topology machine = sound_machine();
  machine.limits.locked_memory = Bound{.bytes = kKiB * 64};
  machine.limits.locked_memory_hard = Bound{.bytes = kKiB * 64};
  const std::string text = only_note(machine, "locked-memory");
  CHECK(has(text, "64.0 KiB"));
  CHECK(has(text, "works from memory that can be paged"));
  CHECK(has(text, "administrator"));
  machine.limits.locked_memory_hard = Bound{.is_unlimited = true, .bytes = {}};
  CHECK(has(only_note(machine, "locked-memory"), "ulimit -l"));
}

TEST_CASE("a cache folder in memory, on a network, without O_DIRECT, out of sight, full") {
  Topology machine = sound_machine();
  CacheDirectory& directory = *machine.limits.cache_directory;
  directory.filesystem = "tmpfs";
  directory.direct_io = false;
  CHECK(has(only_note(machine, "cache-directory"), "in memory: the SSD tier works"));
  directory.filesystem = "nfs";
  CHECK(has(only_note(machine, "cache-directory"), "a network file system (nfs) without O_DIRECT"));
  directory.direct_io = true;
  CHECK(has(only_note(machine, "cache-directory"), "network's speed"));
  directory.filesystem = "fuse";
  directory.direct_io = false;
  CHECK(has(only_note(machine, "cache-directory"), "through the page cache"));
  directory.filesystem = "";
  CHECK(has(only_note(machine, "cache-directory"), "tiers in memory work"));
  directory.filesystem = "xfs";
  directory.direct_io = true;
  directory.free = kKiB * 100;
  CHECK(has(only_note(machine, "cache-directory"), "100 KiB left"));
}

TEST_CASE("a control group below the memory, no ring, an unknown card, unknown memory") {
  Topology machine = sound_machine();
  machine.limits.cgroup_memory = Bound{.bytes = kGiB};
  CHECK(has(only_note(machine, "memory"), "1.00 GiB of 16.0 GiB"));
  machine.limits.cgroup_memory = Bound{.is_unlimited = true, .bytes = {}};
  machine.limits.io_uring = false;
  CHECK(has(only_note(machine, "io_uring"), "one request at a time"));
  machine.limits.io_uring = true;
  Gpu gpu;
  gpu.vendor = "NVIDIA";
  gpu.pci_id = "10de:ffff";
  machine.gpus = {gpu};
  CHECK(has(only_note(machine, "gpu"), "10de:ffff is in no table"));
  machine.gpus.clear();
  machine.memory.reset();
  CHECK(has(only_note(machine, "memory"), "not known"));
}

TEST_CASE("why CUDA gives no card is told where there is a card or a driver, and nowhere else") {
  Topology machine = sound_machine();
  machine.no_cuda = {.reason = "libcuda.so.1: not found", .has_driver = false};
  CHECK(machine_notes(machine).empty());
  machine.no_cuda.has_driver = true;
  CHECK(has(only_note(machine, "gpu"), "CUDA gives no card: libcuda.so.1: not found"));
  machine.no_cuda = {.reason = "the driver is one of CUDA 10.2", .has_driver = true};
  Gpu gpu;
  gpu.vendor = "NVIDIA";
  gpu.compute_capability = "6.1";
  machine.gpus = {gpu};
  CHECK(has(only_note(machine, "gpu"), "the driver is one of CUDA 10.2"));
  CHECK(has(only_note(machine, "gpu"), "update NVIDIA's driver"));
}
