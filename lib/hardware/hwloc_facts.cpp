// SPDX-License-Identifier: Apache-2.0
#include "hardware/hwloc_facts.h"

#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "hardware/gpu_ids.h"
#include "hardware/gpu_names.h"
#include "hardware/pci_tree.h"
#include "hardware/small_files.h"

namespace cachebench::hardware {
namespace {

using Object = hwloc_obj_t;

constexpr unsigned kClassVga = 0x0300;
constexpr unsigned kClass3d = 0x0302;  // laptop cards without an output of their own
constexpr unsigned kClassDisplay = 0x0380;
constexpr unsigned kClassNvme = 0x0108;
constexpr std::uint16_t kVirtioVendor = 0x1af4;

std::string info(Object object, const char* name) {
  const char* value = hwloc_obj_get_info_by_name(object, name);
  return value == nullptr ? std::string() : printable(value);
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = failed == std::errc{} && stop == text.data() + text.size();
  return whole && value > 0 ? std::optional(value) : std::nullopt;
}

std::optional<Bytes> kibibytes(const std::string& text) {
  const auto value = number(text);
  if (!value || *value > (1ULL << 50)) return std::nullopt;
  return Bytes{*value * 1024};
}

int count_of(hwloc_topology_t topology, hwloc_obj_type_t type) {
  return std::max(0, hwloc_get_nbobjs_by_type(topology, type));
}

int threads_in(hwloc_const_bitmap_t set) {
  return set == nullptr ? 0 : std::max(0, hwloc_bitmap_weight(set));
}

std::vector<std::vector<int>> threads_by_core(hwloc_topology_t topology) {
  std::vector<std::vector<int>> cores;
  Object core = nullptr;
  while ((core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr) {
    std::vector<int> threads;
    Object thread = nullptr;
    while ((thread = hwloc_get_next_obj_inside_cpuset_by_type(topology, core->cpuset, HWLOC_OBJ_PU,
                                                              thread)) != nullptr) {
      threads.push_back(static_cast<int>(thread->os_index));
    }
    cores.push_back(std::move(threads));
  }
  return cores;
}

std::optional<int> megahertz(hwloc_topology_t topology, std::string_view name) {
  std::optional<int> fastest;
  const int kinds = hwloc_cpukinds_get_nr(topology, 0);
  for (int kind = 0; kind < kinds; ++kind) {
    unsigned infos = 0;
    struct hwloc_info_s* info = nullptr;
    if (hwloc_cpukinds_get_info(topology, static_cast<unsigned>(kind), nullptr, nullptr, &infos, &info, 0) !=
        0) {
      continue;
    }
    for (unsigned i = 0; i < infos; ++i) {
      const auto value = info[i].name == name ? number(info[i].value) : std::nullopt;
      if (value && *value < 1'000'000) fastest = std::max(fastest.value_or(0), static_cast<int>(*value));
    }
  }
  return fastest;
}

Cpu cpu_facts(hwloc_topology_t topology) {
  Cpu cpu;
  cpu.packages = count_of(topology, HWLOC_OBJ_PACKAGE);
  cpu.cores = count_of(topology, HWLOC_OBJ_CORE);
  cpu.threads = count_of(topology, HWLOC_OBJ_PU);
  cpu.threads_allowed = threads_in(hwloc_topology_get_allowed_cpuset(topology));
  cpu.core_threads = threads_by_core(topology);
  const Object package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0);
  if (package != nullptr) cpu.model = info(package, "CPUModel");
  if (cpu.model.empty()) cpu.model = info(hwloc_get_root_obj(topology), "CPUModel");
  cpu.base_mhz = megahertz(topology, "FrequencyBaseMHz");
  cpu.max_mhz = megahertz(topology, "FrequencyMaxMHz");
  return cpu;
}

const char* type_name(hwloc_obj_cache_type_t type) {
  switch (type) {
    case HWLOC_OBJ_CACHE_DATA:
      return "data";
    case HWLOC_OBJ_CACHE_INSTRUCTION:
      return "instruction";
    default:
      return "unified";
  }
}

std::optional<int> positive(std::int64_t value) {
  const bool known = value > 0 && value < (1 << 30);  // hwloc writes -1 for full associativity, 0 for unknown
  return known ? std::optional(static_cast<int>(value)) : std::nullopt;
}

// One row per sort of cache: caches of one level that differ (hybrid processors) are rows of their own.
void add_cache(std::vector<CacheLevel>& levels, Object object) {
  const auto& cache = object->attr->cache;
  CacheLevel wanted{.level = static_cast<int>(cache.depth),
                    .type = type_name(cache.type),
                    .size = Bytes{cache.size},
                    .count = 1,
                    .line_bytes = positive(cache.linesize),
                    .ways = positive(cache.associativity)};
  for (CacheLevel& level : levels) {
    wanted.count = level.count;
    if (level == wanted) {
      ++level.count;
      return;
    }
  }
  wanted.count = 1;
  levels.push_back(std::move(wanted));
}

std::vector<CacheLevel> cache_facts(hwloc_topology_t topology) {
  constexpr hwloc_obj_type_t kTypes[] = {HWLOC_OBJ_L5CACHE,  HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L3CACHE,
                                         HWLOC_OBJ_L3ICACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L2ICACHE,
                                         HWLOC_OBJ_L1CACHE,  HWLOC_OBJ_L1ICACHE};
  std::vector<CacheLevel> levels;
  for (const hwloc_obj_type_t type : kTypes) {
    Object object = nullptr;
    while ((object = hwloc_get_next_obj_by_type(topology, type, object)) != nullptr) {
      if (object->attr->cache.size > 0) add_cache(levels, object);
    }
  }
  return levels;
}

std::vector<NumaNode> numa_facts(hwloc_topology_t topology) {
  std::vector<NumaNode> nodes;
  Object object = nullptr;
  while ((object = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, object)) != nullptr) {
    const std::uint64_t memory = object->attr->numanode.local_memory;
    nodes.push_back({.index = static_cast<int>(object->os_index),
                     .memory = memory > 0 ? std::optional(Bytes{memory}) : std::nullopt,
                     .threads = threads_in(object->cpuset)});
  }
  return nodes;
}

std::string vendor_name(Object device) {
  switch (device->attr->pcidev.vendor_id) {
    case kNvidiaVendor:
      return "NVIDIA";
    case 0x8086:
      return "Intel";
    case 0x1002:
      return "AMD";
    case kVirtioVendor:
      return "virtio";
    default:
      break;
  }
  const std::string name = info(device, "PCIVendor");
  return name.empty() ? fmt::format("{:04x}", device->attr->pcidev.vendor_id) : name;
}

// CUDA and NVML objects exist where hwloc has those plug-ins; they know the marketing name and the memory.
void add_os_device(Gpu& gpu, Object os_device) {
  if (const std::string model = info(os_device, "GPUModel"); !model.empty()) gpu.name = model;
  const auto memory = kibibytes(info(os_device, "CUDAGlobalMemorySize"));
  if (memory) gpu.memory = memory;
  const auto multiprocessors = number(info(os_device, "CUDAMultiProcessors"));
  if (multiprocessors && *multiprocessors < 10'000) gpu.multiprocessors = static_cast<int>(*multiprocessors);
}

Gpu gpu_facts(Object device) {
  const auto& pci = device->attr->pcidev;
  Gpu gpu;
  gpu.vendor = vendor_name(device);
  gpu.name = info(device, "PCIDevice");
  gpu.pci_id = fmt::format("{:04x}:{:04x}", pci.vendor_id, pci.device_id);
  gpu.bus_id = fmt::format("{:04x}:{:02x}:{:02x}.{:x}", pci.domain, pci.bus, pci.dev, pci.func);
  LinkLimits limits;
  if (pci.vendor_id == kNvidiaVendor) {
    if (gpu.name.empty()) gpu.name = card_name_of_id(pci.device_id);
    // The id says what the card is; a name helps where the database of the machine that it was read on is
    // newer than our table of ids.
    std::optional<Chip> chip = chip_of_id(pci.device_id);
    if (!chip) chip = chip_of_name(gpu.name);
    if (chip) {
      gpu.chip = chip->name;
      gpu.compute_capability = chip->compute_capability;
      limits = chip->link;
    }
  }
  gpu.link = decode_link(static_cast<double>(pci.linkspeed), LinkUse::kGpu, limits);
  for (Object child = device->io_first_child; child != nullptr; child = child->next_sibling) {
    if (child->type == HWLOC_OBJ_OS_DEVICE) add_os_device(gpu, child);
  }
  return gpu;
}

bool is_gpu(Object device) {
  const unsigned type = device->attr->pcidev.class_id;
  return type == kClassVga || type == kClass3d || type == kClassDisplay;
}

Object pci_parent(Object object) {
  for (Object up = object->parent; up != nullptr; up = up->parent) {
    if (up->type == HWLOC_OBJ_PCI_DEVICE) return up;
  }
  return nullptr;
}

// hwloc does not tell a rotating disk from another one; the model's name sometimes does.
BlockKind kind_of(const std::string& name, const std::string& model, Object parent) {
  const bool has_parent = parent != nullptr;
  if (name.starts_with("nvme") || (has_parent && parent->attr->pcidev.class_id == kClassNvme))
    return BlockKind::kNvme;
  if (name.starts_with("vd") || name.starts_with("xvd")) return BlockKind::kVirtual;
  if (has_parent && parent->attr->pcidev.vendor_id == kVirtioVendor) return BlockKind::kVirtual;
  return model.find("SSD") != std::string::npos ? BlockKind::kSsd : BlockKind::kUnknown;
}

bool is_disk(Object os_device) {
  if (os_device->attr->osdev.type != HWLOC_OBJ_OSDEV_BLOCK || os_device->name == nullptr) return false;
  const std::string subtype = os_device->subtype == nullptr ? "" : os_device->subtype;
  return subtype.empty() || subtype == "Disk";  // neither tapes nor optical drives nor memory modules
}

BlockDevice block_facts(Object os_device) {
  BlockDevice device;
  device.name = printable(os_device->name);
  device.model = info(os_device, "Model");
  device.size = kibibytes(info(os_device, "Size"));
  const auto sector = number(info(os_device, "SectorSize"));
  if (sector && *sector >= 512 && *sector <= (1U << 20)) device.sector_bytes = static_cast<int>(*sector);
  const Object parent = pci_parent(os_device);
  device.kind = kind_of(device.name, device.model, parent);
  if (device.kind == BlockKind::kNvme && parent != nullptr) {
    device.link = decode_link(static_cast<double>(parent->attr->pcidev.linkspeed), LinkUse::kDrive, {});
  }
  return device;
}

}  // namespace

Topology hwloc_facts(hwloc_topology* topology) {
  Topology facts;
  facts.cpu = cpu_facts(topology);
  if (const std::uint64_t memory = hwloc_get_root_obj(topology)->total_memory; memory > 0) {
    facts.memory = Bytes{memory};
  }
  facts.caches = cache_facts(topology);
  facts.numa = numa_facts(topology);
  facts.pci = pci_tree(topology);
  Object object = nullptr;
  while ((object = hwloc_get_next_pcidev(topology, object)) != nullptr) {
    if (is_gpu(object)) facts.gpus.push_back(gpu_facts(object));
  }
  object = nullptr;
  while ((object = hwloc_get_next_osdev(topology, object)) != nullptr) {
    if (is_disk(object)) facts.block_devices.push_back(block_facts(object));
  }
  std::sort(facts.gpus.begin(), facts.gpus.end(),
            [](const Gpu& a, const Gpu& b) { return a.bus_id < b.bus_id; });
  std::sort(facts.block_devices.begin(), facts.block_devices.end(),
            [](const BlockDevice& a, const BlockDevice& b) { return a.name < b.name; });
  return facts;
}

}  // namespace cachebench::hardware
