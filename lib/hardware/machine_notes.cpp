// SPDX-License-Identifier: Apache-2.0
#include "hardware/machine_notes.h"

#include <fmt/format.h>

namespace cachebench::hardware {
namespace {

// Less page-locked memory than this is no host tier worth the name.
constexpr Bytes kLittleLocked = kMiB * 64;
constexpr Bytes kLittleSpace = kGiB;

class Notes {
 public:
  void add(const char* about, std::string text) {
    notes_.push_back({.about = about, .text = std::move(text)});
  }
  [[nodiscard]] std::vector<MachineNote> take() { return std::move(notes_); }

 private:
  std::vector<MachineNote> notes_;
};

void note_pci(const Topology& topology, Notes& notes) {
  if (!topology.pci.empty()) return;
  if (topology.is_this_machine) {
    notes.add(
        "pci",
        "hwloc sees no PCI device (no access to /sys/bus/pci, as in some containers and virtual machines): "
        "cards and links are unknown; processor, memory and drives are not affected, and CUDA finds a card "
        "by itself");
  } else {
    notes.add("pci",
              "the file holds no PCI devices (exported without I/O): cards, links and drives are unknown; "
              "processor, "
              "caches and memory are complete");
  }
}

void note_gpus(const Topology& topology, Notes& notes) {
  for (const Gpu& gpu : topology.gpus) {
    if (gpu.vendor != "NVIDIA" || !gpu.compute_capability.empty()) continue;
    notes.add("gpu",
              fmt::format("{}: NVIDIA card {} is in no table here, its compute capability stays unknown; the "
                          "emulated device works, and CUDA or NVML tells what it is",
                          gpu.bus_id, gpu.pci_id));
  }
}

void note_locked_memory(const Limits& limits, Notes& notes) {
  const auto& locked = limits.locked_memory;
  if (!locked || locked->is_unlimited || locked->bytes >= kLittleLocked) return;
  const auto& hard = limits.locked_memory_hard;
  const bool may_raise = hard && (hard->is_unlimited || hard->bytes >= kLittleLocked);
  notes.add("locked-memory",
            fmt::format(
                "only {} may be page-locked: the host tier works from memory that can be paged, with slower "
                "copies; {} (CUDA's own allocations are not under this limit)",
                format_bytes(locked->bytes),
                may_raise ? "`ulimit -l unlimited` raises it" : "an administrator can raise it (memlock)"));
}

std::string missing_direct_io(const CacheDirectory& directory) {
  const char* place = directory.on_network() ? "a network file system" : "a file system";
  return fmt::format(
      "{} is on {} ({}) without O_DIRECT: the SSD tier works through the page cache, so its times "
      "are not the drive's; --cache-dir names another folder",
      directory.path, place, directory.filesystem);
}

void note_cache_directory(const CacheDirectory& directory, Notes& notes) {
  const std::string& type = directory.filesystem;
  if (type.empty()) {
    notes.add("cache-directory",
              fmt::format("{} cannot be looked at: the SSD tier needs a folder that can be written "
                          "(--cache-dir); tiers in memory work",
                          directory.path));
    return;
  }
  if (directory.in_memory()) {
    notes.add("cache-directory",
              fmt::format(
                  "{} is on {}, in memory: the SSD tier works but takes memory, its times are not a drive's, "
                  "and nothing is kept over a restart; --cache-dir names another folder",
                  directory.path, type));
  } else if (directory.direct_io && !*directory.direct_io) {
    notes.add("cache-directory", missing_direct_io(directory));
  } else if (directory.on_network()) {
    notes.add("cache-directory",
              fmt::format("{} is on a network file system ({}): the SSD tier works at the network's "
                          "speed; --cache-dir names another folder",
                          directory.path, type));
  }
  if (directory.free && *directory.free < kLittleSpace) {
    notes.add("cache-directory", fmt::format("{} has {} left: the SSD tier has to be smaller than that",
                                             directory.path, format_bytes(*directory.free)));
  }
}

void note_memory(const Topology& topology, Notes& notes) {
  const auto& group = topology.limits.cgroup_memory;
  if (group && !group->is_unlimited && topology.memory && group->bytes < *topology.memory) {
    notes.add("memory",
              fmt::format("the control group may use {} of {}: tiers have to fit in that, page cache "
                          "included",
                          format_bytes(group->bytes), format_bytes(*topology.memory)));
  }
  if (!topology.memory)
    notes.add("memory", "the size of the memory is not known: sizes are planned by the profile's");
}

}  // namespace

std::vector<MachineNote> machine_notes(const Topology& topology) {
  Notes notes;
  note_pci(topology, notes);
  note_gpus(topology, notes);
  note_memory(topology, notes);
  note_locked_memory(topology.limits, notes);
  if (topology.limits.io_uring && !*topology.limits.io_uring) {
    notes.add("io_uring",
              "the kernel gives this process no io_uring: the SSD tier works with one request at a time");
  }
  if (topology.limits.cache_directory) note_cache_directory(*topology.limits.cache_directory, notes);
  return notes.take();
}

}  // namespace cachebench::hardware
