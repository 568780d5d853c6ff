// SPDX-License-Identifier: Apache-2.0
#include "hardware/machine_notes.h"

#include <fmt/format.h>

namespace cachebench::hardware {
namespace {

// Less page-locked memory than this is no host tier worth the name.
constexpr Bytes kLittleLocked = kMiB * 64;
constexpr Bytes kLittleSpace = kGiB;

using Notes = std::vector<MachineNote>;

void note_pci(const Topology& topology, Notes& notes) {
  if (!topology.pci.empty()) return;
  if (topology.is_this_machine) {
    notes.push_back({.about = "pci",
                     .what = "hwloc sees no PCI device (no access to /sys/bus/pci, as in some containers and "
                             "virtual machines)",
                     .works =
                         "processor, memory and drives are not affected, and CUDA finds a card by itself; "
                         "other cards and links are unknown",
                     .remedy = "let the container read /sys/bus/pci"});
  } else {
    notes.push_back(
        {.about = "pci",
         .what = "the file holds no PCI devices (exported without I/O)",
         .works = "processor, caches and memory are complete; cards, links and drives are unknown",
         .remedy = "export it with `lstopo --of xml`, without --no-io"});
  }
}

void note_gpus(const Topology& topology, Notes& notes) {
  bool is_nvidia = false;
  for (const Gpu& gpu : topology.gpus) {
    if (gpu.vendor != "NVIDIA") continue;
    is_nvidia = true;
    if (!gpu.compute_capability.empty()) continue;
    notes.push_back(
        {.about = "gpu",
         .what = fmt::format("{}: NVIDIA card {} is in no table here, its compute capability stays unknown",
                             gpu.bus_id, gpu.pci_id),
         .works = "the emulated device works",
         .remedy = "install NVIDIA's driver: CUDA or NVML tells what the card is"});
  }
  if (topology.no_cuda.reason.empty() || (!is_nvidia && !topology.no_cuda.has_driver)) return;
  notes.push_back({.about = "gpu",
                   .what = "CUDA gives no card: " + topology.no_cuda.reason,
                   .works = "the emulated device works, its times are the profile's and not measured",
                   .remedy = is_nvidia
                                 ? "install or update NVIDIA's driver (branch 580 or older for SM 6.1); a "
                                   "card that was lost comes back with a restart"
                                 : "look at what `nvidia-smi` says; none needed for simulation"});
}

void note_locked_memory(const Limits& limits, Notes& notes) {
  const auto& locked = limits.locked_memory;
  if (!locked || locked->is_unlimited || locked->bytes >= kLittleLocked) return;
  const auto& hard = limits.locked_memory_hard;
  const bool may_raise = hard && (hard->is_unlimited || hard->bytes >= kLittleLocked);
  notes.push_back(
      {.about = "locked-memory",
       .what = fmt::format("only {} may be page-locked", format_bytes(locked->bytes)),
       .works =
           "the host tier works from memory that can be paged, with slower copies (CUDA's own allocations "
           "are not under this limit)",
       .remedy = may_raise ? "`ulimit -l unlimited` raises it" : "an administrator can raise it (memlock)"});
}

constexpr char kOtherFolder[] = "--cache-dir names another folder";

void note_place(const CacheDirectory& directory, Notes& notes) {
  const std::string& type = directory.filesystem;
  const auto add = [&](std::string what, const char* works) {
    notes.push_back({.about = "cache-directory",
                     .what = directory.path + " is on " + std::move(what),
                     .works = works,
                     .remedy = kOtherFolder});
  };
  if (directory.in_memory()) {
    add(type + ", in memory",
        "the SSD tier works but takes memory, its times are not a drive's, and nothing is kept over a "
        "restart");
  } else if (directory.direct_io && !*directory.direct_io) {
    add(fmt::format("{} ({}) without O_DIRECT",
                    directory.on_network() ? "a network file system" : "a file system", type),
        "the SSD tier works through the page cache, so its times are not the drive's");
  } else if (directory.on_network()) {
    add(fmt::format("a network file system ({})", type), "the SSD tier works at the network's speed");
  }
}

void note_cache_directory(const CacheDirectory& directory, Notes& notes) {
  if (directory.filesystem.empty()) {
    notes.push_back({.about = "cache-directory",
                     .what = directory.path + " cannot be looked at",
                     .works = "tiers in memory work",
                     .remedy = "name a folder that can be written with --cache-dir: the SSD tier needs one"});
    return;
  }
  note_place(directory, notes);
  if (directory.free && *directory.free < kLittleSpace) {
    notes.push_back({.about = "cache-directory",
                     .what = fmt::format("{} has {} left", directory.path, format_bytes(*directory.free)),
                     .works = "an SSD tier smaller than that works",
                     .remedy = std::string("free space there, or ") + kOtherFolder});
  }
}

void note_memory(const Topology& topology, Notes& notes) {
  const auto& group = topology.limits.cgroup_memory;
  if (group && !group->is_unlimited && topology.memory && group->bytes < *topology.memory) {
    notes.push_back(
        {.about = "memory",
         .what = fmt::format("the control group may use {} of {}", format_bytes(group->bytes),
                             format_bytes(*topology.memory)),
         .works = "tiers work that fit in that, page cache included",
         .remedy = "raise the group's limit (memory.max; the container's memory), or keep to it"});
  }
  if (!topology.memory) {
    notes.push_back({.about = "memory",
                     .what = "the size of the memory is not known",
                     .works = "sizes are planned by the profile's",
                     .remedy = "name the machine's profile with --profile"});
  }
}

void note_ring(const Limits& limits, Notes& notes) {
  if (!limits.io_uring || *limits.io_uring) return;
  notes.push_back(
      {.about = "io_uring",
       .what = "the kernel gives this process no io_uring",
       .works = "the SSD tier works with one request at a time",
       .remedy = "allow it (sysctl kernel.io_uring_disabled=0; the container's seccomp profile)"});
}

}  // namespace

std::vector<MachineNote> machine_notes(const Topology& topology) {
  Notes notes;
  note_pci(topology, notes);
  note_gpus(topology, notes);
  note_memory(topology, notes);
  note_locked_memory(topology.limits, notes);
  note_ring(topology.limits, notes);
  if (topology.limits.cache_directory) note_cache_directory(*topology.limits.cache_directory, notes);
  return notes;
}

}  // namespace cachebench::hardware
