// SPDX-License-Identifier: Apache-2.0
#include "hardware/topology_text.h"

#include <fmt/format.h>

#include <vector>

#include "hardware/machine_notes.h"

namespace cachebench::hardware {
namespace {

// "label    text", the label only on the first of its rows.
class Table {
 public:
  void add(const std::string& label, const std::string& text) {
    text_ += fmt::format("{:<9} {}\n", label == last_ ? "" : label, text);
    last_ = label;
  }
  void add_gap() { text_ += "\n"; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string last_;
};

const char* plural(int count) {
  return count == 1 ? "" : "s";
}

const char* yes_no(bool value) {
  return value ? "yes" : "no";
}

const char* yes_no(const std::optional<bool>& value) {
  return value ? yes_no(*value) : "unknown";
}

std::string size_or_unknown(const std::optional<Bytes>& size) {
  return size ? format_bytes(*size) : "unknown";
}

std::string link_text(const Link& link) {
  if (!link.generation || !link.lanes) return "link unknown";
  return fmt::format("PCIe {}.0 x{}", *link.generation, *link.lanes);
}

void add_cpu(Table& table, const Topology& topology) {
  const Cpu& cpu = topology.cpu;
  table.add("cpu", cpu.model.empty() ? "model unknown" : cpu.model);
  table.add("cpu", fmt::format("{} package{}, {} core{}, {} thread{} ({} allowed)", cpu.packages,
                               plural(cpu.packages), cpu.cores, plural(cpu.cores), cpu.threads,
                               plural(cpu.threads), cpu.threads_allowed));
  if (const auto each = cpu.threads_per_core()) {
    table.add("cpu",
              *each > 1 ? fmt::format("{} threads a core (SMT)", *each) : "one thread a core (no SMT)");
  }
  if (cpu.base_mhz && cpu.max_mhz) {
    table.add("cpu", fmt::format("{:.1f} to {:.1f} GHz", *cpu.base_mhz / 1e3, *cpu.max_mhz / 1e3));
  }
  if (!cpu.features.empty()) table.add("cpu", fmt::format("{}", fmt::join(cpu.features, " ")));
}

void add_memory(Table& table, const Topology& topology) {
  const auto nodes = static_cast<int>(topology.numa.size());
  table.add("memory",
            fmt::format("{} in {} NUMA node{}", size_or_unknown(topology.memory), nodes, plural(nodes)));
  std::string caches;
  for (const CacheLevel& level : topology.caches) {
    const char* suffix = level.type == "data" ? "d" : level.type == "instruction" ? "i" : "";
    caches += fmt::format("{}L{}{} {} × {}", caches.empty() ? "" : ", ", level.level, suffix,
                          format_bytes(level.size), level.count);
  }
  table.add("caches", caches.empty() ? "unknown" : caches);
}

std::string card_name(const Gpu& gpu) {
  if (gpu.name.empty()) return gpu.vendor + " graphics";
  return gpu.name.starts_with(gpu.vendor) ? gpu.name : gpu.vendor + " " + gpu.name;
}

void add_gpus(Table& table, const Topology& topology) {
  for (const Gpu& gpu : topology.gpus) {
    std::string row =
        fmt::format("{} ({}{}{})", card_name(gpu), gpu.pci_id.empty() ? "unknown id" : gpu.pci_id,
                    gpu.chip.empty() ? "" : ", ", gpu.chip);
    if (gpu.vendor == "NVIDIA") {
      row += fmt::format(", compute capability {}, {}, {}",
                         gpu.compute_capability.empty() ? "unknown" : gpu.compute_capability,
                         gpu.memory ? format_bytes(*gpu.memory) : "memory unknown", link_text(gpu.link));
      if (gpu.multiprocessors) row += fmt::format(", {} multiprocessors", *gpu.multiprocessors);
      if (gpu.copy_engines)
        row += fmt::format(", {} copy engine{}", *gpu.copy_engines, plural(*gpu.copy_engines));
    }
    table.add("gpu", row);
  }
  if (topology.gpus.empty()) table.add("gpu", "none seen");
}

void add_drives(Table& table, const Topology& topology) {
  for (const BlockDevice& device : topology.block_devices) {
    std::string row =
        fmt::format("{}, {}, {}", device.name, name_of(device.kind), size_or_unknown(device.size));
    if (device.sector_bytes) row += fmt::format(", sectors of {} B", *device.sector_bytes);
    if (device.rotational) row += *device.rotational ? ", rotates" : ", does not rotate";
    if (device.kind == BlockKind::kNvme) row += ", " + link_text(device.link);
    if (!device.model.empty()) row += ", " + device.model;
    table.add("drive", row);
  }
  if (topology.block_devices.empty()) table.add("drive", "none seen");
}

// How far below a host bridge a device sits; parents come before their children.
int depth_of(const Topology& topology, const PciDevice& device) {
  int depth = 0;
  std::string parent = device.parent;
  for (auto at = topology.pci.rbegin(); at != topology.pci.rend() && !parent.empty(); ++at) {
    if (at->bus_id != parent) continue;
    parent = at->parent;
    ++depth;
  }
  return depth;
}

void add_pci(Table& table, const Topology& topology) {
  for (const PciDevice& device : topology.pci) {
    const auto indent = static_cast<std::size_t>(depth_of(topology, device)) * 2;
    std::string row =
        fmt::format("{}{} {} {}", std::string(indent, ' '), device.bus_id, device.pci_id, device.kind);
    if (device.link.generation) row += ", " + link_text(device.link);
    if (device.gigabytes_per_second) row += fmt::format(", {:.2f} GB/s", *device.gigabytes_per_second);
    if (device.current.generation && device.current != device.link)
      row += ", now " + link_text(device.current);
    if (!device.name.empty()) row += ", " + device.name;
    table.add("pci", row);
  }
  if (topology.pci.empty()) table.add("pci", "none seen");
}

std::string bound_text(const std::optional<Bound>& bound) {
  if (!bound) return "unknown";
  return bound->is_unlimited ? "unlimited" : format_bytes(bound->bytes);
}

void add_limits(Table& table, const Limits& limits) {
  table.add("limits",
            fmt::format("locked memory {}, control group: memory {}, processors {}",
                        bound_text(limits.locked_memory), bound_text(limits.cgroup_memory),
                        limits.cgroup_cpus ? fmt::format("{:.2f}", *limits.cgroup_cpus) : "unlimited"));
  table.add("limits", fmt::format("memory available {}, swap {}, address space {}",
                                  size_or_unknown(limits.memory_available), size_or_unknown(limits.swap),
                                  bound_text(limits.address_space)));
  const HugePages& pages = limits.huge_pages;
  table.add("limits",
            fmt::format("io_uring {}, huge pages {} reserved, transparent {}", yes_no(limits.io_uring),
                        pages.total ? std::to_string(*pages.total) : "unknown",
                        pages.transparent.empty() ? "unknown" : pages.transparent));
  if (const auto& directory = limits.cache_directory) {
    table.add("limits",
              fmt::format("{}: {}, {} free, O_DIRECT {}", directory->path,
                          directory->filesystem.empty() ? "unknown file system" : directory->filesystem,
                          size_or_unknown(directory->free), yes_no(directory->direct_io)));
    if (!directory->mount_point.empty()) {
      table.add("limits", fmt::format("its mount: {} on {}", directory->mounted, directory->mount_point));
    }
  }
}

std::string part_text(const char* part, const PartVerdict& verdict) {
  return fmt::format("{} {} ({})", part, verdict.is_near ? "near" : yes_no(verdict.matches), verdict.found);
}

void add_reasons(Table& table, const Target& target) {
  const auto add = [&](const char* part, const PartVerdict& verdict) {
    table.add("why", fmt::format("{:<8} {:<4} {}", part, yes_no(verdict.matches), verdict.reason));
  };
  add("cpu", target.cpu);
  add("gpu", target.gpu);
  add("storage", target.storage);
}

void add_notes(Table& table, const Topology& topology) {
  table.add("notes", "Processor, caches, memory and PCI devices are what hwloc sees.");
  if (topology.is_this_machine) {
    table.add("notes", "Drives, links, instruction sets and limits are read from /sys and /proc;");
    table.add("notes",
              "a link is the best that card and slot can make together: it may run slower when idle.");
  } else {
    table.add("notes",
              "Not this machine: instruction sets and limits are not in such a file, and whether a drive");
    table.add("notes",
              "rotates is not either; a link is told from its rate where only one link has that rate.");
  }
  table.add(
      "notes",
      "No compute capability is in hwloc: it follows from a table of PCI ids, or from the chip's code in");
  table.add("notes", "the device's name; CUDA's word wins where its driver is installed.");
}

}  // namespace

std::string topology_text(const Topology& topology, const Target& target, TopologyDetail detail) {
  Table table;
  table.add("machine", topology.origin);
  add_cpu(table, topology);
  add_memory(table, topology);
  if (detail == TopologyDetail::kExplain) add_pci(table, topology);
  add_gpus(table, topology);
  add_drives(table, topology);
  if (topology.is_this_machine) add_limits(table, topology.limits);
  table.add_gap();
  table.add("target:", fmt::format("{}, {}, {}", part_text("cpu", target.cpu), part_text("gpu", target.gpu),
                                   part_text("storage", target.storage)));
  table.add(
      "", fmt::format("{} {}", target.all() ? "this is the target" : "this is not the target", kTargetName));
  for (const std::string& line : what_follows(topology, target)) table.add("so", line);
  for (const MachineNote& note : machine_notes(topology)) table.add("note", note.about + ": " + note.text());
  if (detail == TopologyDetail::kExplain) {
    table.add_gap();
    add_reasons(table, target);
    add_notes(table, topology);
  }
  return table.text();
}

}  // namespace cachebench::hardware
