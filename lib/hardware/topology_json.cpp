// SPDX-License-Identifier: Apache-2.0
#include "hardware/topology_json.h"

#include <nlohmann/json.hpp>

#include "hardware/machine_notes.h"

namespace cachebench::hardware {
namespace {

using Json = nlohmann::ordered_json;

Json text(const std::string& value) {
  return value.empty() ? Json() : Json(value);
}

template <typename T>
Json maybe(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json maybe(const std::optional<Bytes>& value) {
  return value ? Json(value->value) : Json();
}

Json count(int value) {
  return value > 0 ? Json(value) : Json();
}

Json link_json(const Link& link) {
  return {{"generation", maybe(link.generation)}, {"lanes", maybe(link.lanes)}};
}

Json cpu_json(const Cpu& cpu) {
  return {{"model", text(cpu.model)},
          {"packages", count(cpu.packages)},
          {"cores", count(cpu.cores)},
          {"threads", count(cpu.threads)},
          {"threads_allowed", count(cpu.threads_allowed)},
          {"threads_per_core", maybe(cpu.threads_per_core())},
          {"core_threads", cpu.core_threads},
          {"base_mhz", maybe(cpu.base_mhz)},
          {"max_mhz", maybe(cpu.max_mhz)},
          {"features", cpu.features}};
}

Json machine_json(const Topology& topology) {
  Json caches = Json::array();
  for (const CacheLevel& level : topology.caches) {
    caches.push_back({{"level", level.level},
                      {"type", level.type},
                      {"size_bytes", level.size.value},
                      {"count", level.count},
                      {"line_bytes", maybe(level.line_bytes)},
                      {"ways", maybe(level.ways)}});
  }
  Json numa = Json::array();
  for (const NumaNode& node : topology.numa) {
    numa.push_back({{"index", node.index}, {"memory_bytes", maybe(node.memory)}, {"threads", node.threads}});
  }
  return {{"cpu", cpu_json(topology.cpu)},
          {"memory_bytes", maybe(topology.memory)},
          {"caches", std::move(caches)},
          {"numa", std::move(numa)}};
}

Json gpus_json(const std::vector<Gpu>& gpus) {
  Json list = Json::array();
  for (const Gpu& gpu : gpus) {
    list.push_back({{"vendor", gpu.vendor},
                    {"name", text(gpu.name)},
                    {"pci_id", text(gpu.pci_id)},
                    {"bus_id", text(gpu.bus_id)},
                    {"chip", text(gpu.chip)},
                    {"compute_capability", text(gpu.compute_capability)},
                    {"source", name_of(gpu.source)},
                    {"memory_bytes", maybe(gpu.memory)},
                    {"multiprocessors", maybe(gpu.multiprocessors)},
                    {"copy_engines", maybe(gpu.copy_engines)},
                    {"link", link_json(gpu.link)}});
  }
  return list;
}

Json pci_json(const std::vector<PciDevice>& devices) {
  Json list = Json::array();
  for (const PciDevice& device : devices) {
    list.push_back({{"bus_id", device.bus_id},
                    {"parent", text(device.parent)},
                    {"pci_id", device.pci_id},
                    {"kind", device.kind},
                    {"name", text(device.name)},
                    {"link", link_json(device.link)},
                    {"link_now", link_json(device.current)},
                    {"gigabytes_per_second", maybe(device.gigabytes_per_second)}});
  }
  return list;
}

Json block_devices_json(const std::vector<BlockDevice>& devices) {
  Json list = Json::array();
  for (const BlockDevice& device : devices) {
    list.push_back({{"name", device.name},
                    {"model", text(device.model)},
                    {"kind", name_of(device.kind)},
                    {"size_bytes", maybe(device.size)},
                    {"sector_bytes", maybe(device.sector_bytes)},
                    {"physical_sector_bytes", maybe(device.physical_sector_bytes)},
                    {"rotational", maybe(device.rotational)},
                    {"link", link_json(device.link)}});
  }
  return list;
}

// A bound is two keys: how much, and that there is none. Both null: not known.
void put_bound(Json& object, const std::string& name, const std::optional<Bound>& bound) {
  object[name + "_bytes"] = bound && !bound->is_unlimited ? Json(bound->bytes.value) : Json();
  object[name + "_unlimited"] = bound ? Json(bound->is_unlimited) : Json();
}

Json limits_json(const Limits& limits) {
  Json object;
  object["memory_available_bytes"] = maybe(limits.memory_available);
  object["swap_bytes"] = maybe(limits.swap);
  put_bound(object, "locked_memory", limits.locked_memory);
  put_bound(object, "locked_memory_hard", limits.locked_memory_hard);
  put_bound(object, "address_space", limits.address_space);
  put_bound(object, "cgroup_memory", limits.cgroup_memory);
  object["cgroup_cpus"] = maybe(limits.cgroup_cpus);
  object["open_files"] = maybe(limits.open_files);
  object["io_uring"] = maybe(limits.io_uring);
  object["huge_pages"] = {{"size_bytes", maybe(limits.huge_pages.size)},
                          {"total", maybe(limits.huge_pages.total)},
                          {"free", maybe(limits.huge_pages.free)},
                          {"transparent", text(limits.huge_pages.transparent)}};
  object["cache_directory"] = nullptr;
  if (const auto& directory = limits.cache_directory) {
    object["cache_directory"] = {{"path", directory->path},
                                 {"filesystem", text(directory->filesystem)},
                                 {"mount_point", text(directory->mount_point)},
                                 {"mounted", text(directory->mounted)},
                                 {"free_bytes", maybe(directory->free)},
                                 {"direct_io", maybe(directory->direct_io)}};
  }
  return object;
}

Json target_json(const Topology& topology, const Target& target) {
  return {{"name", kTargetName},
          {"cpu", target.cpu.matches},
          {"gpu", target.gpu.matches},
          {"storage", target.storage.matches},
          {"all", target.all()},
          {"near", {{"cpu", target.cpu.is_near}}},
          {"reasons",
           {{"cpu", target.cpu.reason}, {"gpu", target.gpu.reason}, {"storage", target.storage.reason}}},
          {"follows", what_follows(topology, target)}};
}

Json notes_json(const Topology& topology) {
  Json list = Json::array();
  for (const MachineNote& note : machine_notes(topology)) {
    list.push_back({{"about", note.about}, {"text", note.text()}});
  }
  return list;
}

}  // namespace

Json topology_json(const Topology& topology, const Target& target) {
  return {{"origin", topology.origin},
          {"this_machine", topology.is_this_machine},
          {"machine", machine_json(topology)},
          {"pci", pci_json(topology.pci)},
          {"gpus", gpus_json(topology.gpus)},
          {"block_devices", block_devices_json(topology.block_devices)},
          {"limits", limits_json(topology.limits)},
          {"target", target_json(topology, target)},
          {"notes", notes_json(topology)}};
}

}  // namespace cachebench::hardware
