// SPDX-License-Identifier: Apache-2.0
#include "hardware/target.h"

#include <fmt/format.h>

namespace cachebench::hardware {
namespace {

constexpr std::string_view kCpuModel = "i5-10210U";
constexpr std::string_view kCapability = "6.1";

// The model as a word of its own, so that a longer name of another model does not match.
bool names_model(const std::string& text) {
  const std::size_t at = text.find(kCpuModel);
  if (at == std::string::npos) return false;
  const std::size_t after = at + kCpuModel.size();
  return (at == 0 || text[at - 1] == ' ') && (after == text.size() || text[after] == ' ');
}

PartVerdict judge_cpu(const Cpu& cpu) {
  if (cpu.model.empty()) return {false, "unknown", "The processor's model is not known."};
  if (names_model(cpu.model))
    return {true, std::string(kCpuModel), fmt::format("The processor is {}.", cpu.model)};
  return {false, cpu.model, fmt::format("The processor is {}, not an {}.", cpu.model, kCpuModel)};
}

std::string described(const Gpu& gpu) {
  const std::string name = gpu.name.empty() ? gpu.vendor + " " + gpu.pci_id : gpu.name;
  return fmt::format("{}, {}", name,
                     gpu.compute_capability.empty() ? "compute capability unknown" : gpu.compute_capability);
}

PartVerdict judge_gpu(const std::vector<Gpu>& gpus) {
  std::string others;
  for (const Gpu& gpu : gpus) {
    if (gpu.vendor != "NVIDIA") continue;
    if (gpu.compute_capability == kCapability) {
      return {true, described(gpu),
              fmt::format("{} ({}) has compute capability {}, known from its {}.",
                          gpu.name.empty() ? "The card" : gpu.name, gpu.pci_id, kCapability,
                          gpu.source == GpuSource::kPciId ? "PCI identity" : name_of(gpu.source))};
    }
    others += (others.empty() ? "" : "; ") + described(gpu);
  }
  if (others.empty()) {
    return {false, "no NVIDIA card", "No PCI device of vendor 10de and class 0300 or 0302 was seen."};
  }
  return {false, others, fmt::format("No card of compute capability {}: {}.", kCapability, others)};
}

PartVerdict judge_storage(const std::vector<BlockDevice>& devices) {
  std::string others;
  for (const BlockDevice& device : devices) {
    if (device.kind == BlockKind::kNvme) {
      return {true, device.name,
              fmt::format("{} is an NVMe drive{}.", device.name,
                          device.model.empty() ? "" : fmt::format(" ({})", device.model))};
    }
    others += fmt::format("{}{} ({})", others.empty() ? "" : ", ", device.name, name_of(device.kind));
  }
  if (others.empty()) return {false, "no drive", "No block device was seen."};
  return {false, fmt::format("no NVMe drive, only {}", others),
          fmt::format("No NVMe drive, only {}.", others)};
}

}  // namespace

Target recognise_target(const Topology& topology) {
  return {.cpu = judge_cpu(topology.cpu),
          .gpu = judge_gpu(topology.gpus),
          .storage = judge_storage(topology.block_devices)};
}

}  // namespace cachebench::hardware
