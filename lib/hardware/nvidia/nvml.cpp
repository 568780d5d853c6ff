// SPDX-License-Identifier: Apache-2.0
#include "hardware/nvidia/nvml.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace cachebench::hardware::nvidia {
namespace {

// NVML's binary interface, as its documentation has it.
using Result = int;  // 0: success
using Device = struct OpaqueDevice*;
struct PciInfo {
  std::array<char, 16> legacy_bus_id;
  unsigned domain;
  unsigned bus;
  unsigned device;
  unsigned pci_device_id;  // device id in the upper half, vendor in the lower
  unsigned subsystem_id;
  std::array<char, 32> bus_id;
};
struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};
constexpr unsigned kNameBytes = 96;

struct Functions {
  Result (*init)() = nullptr;
  Result (*shutdown)() = nullptr;
  Result (*count)(unsigned*) = nullptr;
  Result (*device)(unsigned, Device*) = nullptr;
  Result (*pci)(Device, PciInfo*) = nullptr;
  Result (*name)(Device, char*, unsigned) = nullptr;
  Result (*memory)(Device, Memory*) = nullptr;
  Result (*capability)(Device, int*, int*) = nullptr;
  Result (*link_generation)(Device, unsigned*) = nullptr;
  Result (*link_width)(Device, unsigned*) = nullptr;

  [[nodiscard]] bool serve() const {
    return init != nullptr && shutdown != nullptr && count != nullptr && device != nullptr && pci != nullptr;
  }
};

template <typename Function>
void find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(handle, name));
}

Functions functions_of(void* handle) {
  Functions found;
  find(handle, "nvmlInit_v2", found.init);
  find(handle, "nvmlShutdown", found.shutdown);
  find(handle, "nvmlDeviceGetCount_v2", found.count);
  find(handle, "nvmlDeviceGetHandleByIndex_v2", found.device);
  find(handle, "nvmlDeviceGetPciInfo_v3", found.pci);
  find(handle, "nvmlDeviceGetName", found.name);
  find(handle, "nvmlDeviceGetMemoryInfo", found.memory);
  find(handle, "nvmlDeviceGetCudaComputeCapability", found.capability);
  find(handle, "nvmlDeviceGetMaxPcieLinkGeneration", found.link_generation);
  find(handle, "nvmlDeviceGetMaxPcieLinkWidth", found.link_width);
  return found;
}

void read_link(const Functions& nvml, Device device, NvmlGpu& gpu) {
  constexpr unsigned kMostLanes = 32;
  unsigned generation = 0;
  unsigned lanes = 0;
  if (nvml.link_generation == nullptr || nvml.link_width == nullptr) return;
  if (nvml.link_generation(device, &generation) != 0 || nvml.link_width(device, &lanes) != 0) return;
  if (generation == 0 || lanes == 0 || lanes > kMostLanes) return;
  gpu.link_generation = static_cast<int>(generation);
  gpu.link_lanes = static_cast<int>(lanes);
}

NvmlGpu read_gpu(const Functions& nvml, Device device, const PciInfo& pci) {
  NvmlGpu gpu;
  gpu.bus_id = fmt::format("{:04x}:{:02x}:{:02x}.0", pci.domain, pci.bus, pci.device);
  gpu.pci_id = fmt::format("{:04x}:{:04x}", pci.pci_device_id & 0xFFFFU, pci.pci_device_id >> 16U);
  std::array<char, kNameBytes> name{};
  if (nvml.name != nullptr && nvml.name(device, name.data(), kNameBytes) == 0) gpu.name = name.data();
  Memory memory{};
  if (nvml.memory != nullptr && nvml.memory(device, &memory) == 0) gpu.memory = Bytes{memory.total};
  int major = 0;
  int minor = 0;
  if (nvml.capability != nullptr && nvml.capability(device, &major, &minor) == 0)
    gpu.compute_capability = fmt::format("{}.{}", major, minor);
  read_link(nvml, device, gpu);
  return gpu;
}

}  // namespace

std::vector<NvmlGpu> nvml_gpus(const std::string& library) {
  std::vector<NvmlGpu> gpus;
  void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return gpus;
  const Functions nvml = functions_of(handle);
  if (!nvml.serve() || nvml.init() != 0) return gpus;
  unsigned count = 0;
  if (nvml.count(&count) != 0) count = 0;
  for (unsigned i = 0; i < count; ++i) {
    Device device = nullptr;
    PciInfo pci{};
    if (nvml.device(i, &device) == 0 && nvml.pci(device, &pci) == 0)
      gpus.push_back(read_gpu(nvml, device, pci));
  }
  static_cast<void>(nvml.shutdown());
  std::sort(gpus.begin(), gpus.end(), [](const NvmlGpu& a, const NvmlGpu& b) { return a.bus_id < b.bus_id; });
  return gpus;
}

}  // namespace cachebench::hardware::nvidia
