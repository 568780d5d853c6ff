// SPDX-License-Identifier: Apache-2.0
#include "hardware/nvml_facts.h"

#include <algorithm>

namespace cachebench::hardware {
namespace {

void complete(Gpu& gpu, const nvidia::NvmlGpu& with) {
  if (!with.name.empty()) gpu.name = with.name;
  if (gpu.pci_id.empty()) gpu.pci_id = with.pci_id;
  if (with.memory) gpu.memory = with.memory;
  if (!gpu.link.generation && with.link_generation)
    gpu.link = {.generation = with.link_generation, .lanes = with.link_lanes};
  if (with.compute_capability.empty()) return;
  gpu.compute_capability = with.compute_capability;
  gpu.source = GpuSource::kNvml;
}

}  // namespace

void merge_nvml(const std::vector<nvidia::NvmlGpu>& detected, std::vector<Gpu>& known) {
  for (const nvidia::NvmlGpu& gpu : detected) {
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const Gpu& other) { return other.bus_id == gpu.bus_id; });
    if (same != known.end()) {
      complete(*same, gpu);
      continue;
    }
    Gpu added;
    added.vendor = "NVIDIA";
    added.bus_id = gpu.bus_id;
    complete(added, gpu);
    known.push_back(std::move(added));
  }
  std::stable_sort(known.begin(), known.end(),
                   [](const Gpu& a, const Gpu& b) { return a.bus_id < b.bus_id; });
}

}  // namespace cachebench::hardware
