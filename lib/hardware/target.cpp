// SPDX-License-Identifier: Apache-2.0
#include "hardware/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace cachebench::hardware {
namespace {

constexpr std::string_view kCpuModel = "i5-10210U";
constexpr std::string_view kCapability = "6.1";

// Laptop processors of the same core: 4 cores, 8 threads, 15 W, AVX2, neither AVX-512 nor SHA instructions.
constexpr std::array<std::string_view, 13> kSiblings{
    "i5-8250U", "i5-8350U",  "i7-8550U",  "i7-8650U",  "i5-8265U",  "i5-8365U", "i7-8565U",
    "i7-8665U", "i5-10310U", "i7-10510U", "i7-10610U", "i5-10200U", "i5-8257U"};

// The model as a word of its own, so that a longer name of another model does not match.
bool names_model(const std::string& text, std::string_view model) {
  const std::size_t at = text.find(model);
  if (at == std::string::npos) return false;
  const std::size_t after = at + model.size();
  return (at == 0 || text[at - 1] == ' ') && (after == text.size() || text[after] == ' ');
}

PartVerdict judge_cpu(const Cpu& cpu) {
  if (cpu.model.empty() || cpu.model == "unknown")
    return {false, "unknown", "The processor's model is not known."};
  if (names_model(cpu.model, kCpuModel))
    return {true, std::string(kCpuModel), fmt::format("The processor is {}.", cpu.model)};
  const bool is_sibling = std::any_of(kSiblings.begin(), kSiblings.end(),
                                      [&](std::string_view model) { return names_model(cpu.model, model); });
  if (is_sibling) {
    return {
        false, cpu.model,
        fmt::format("The processor is {}, not an {}, but near: the same core, 4 of them, 8 threads, AVX2, no "
                    "AVX-512, no SHA instructions.",
                    cpu.model, kCpuModel),
        true};
  }
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

std::string follows_from_gpu(const Topology& topology) {
  const Gpu* gpu = chosen_gpu(topology);
  if (gpu == nullptr) {
    return "Without an NVIDIA card L1 is the emulated device: host memory behind the profile's link; its "
           "times "
           "are labelled emulated.";
  }
  const std::optional<int> capability = capability_of(*gpu);
  if (!capability) {
    return fmt::format(
        "The card {} is in no table here: its compute capability is unknown until CUDA or NVML "
        "tells it; the emulated device works.",
        gpu->pci_id);
  }
  if (*capability < 61) {
    return fmt::format(
        "Compute capability {} is older than any code built here (6.1): L1 is the emulated device.",
        gpu->compute_capability);
  }
  if (*capability < 70) {
    return "Kernels for SM 6.1: float32 arithmetic, int8 by dp4a, 48 KiB of shared memory a block, no tensor "
           "cores; "
           "CUDA 12.9 is the last toolkit and driver branch 580 the last driver.";
  }
  return fmt::format("Compute capability {}: code for SM 7.5 and later runs, not that for SM 6.1.",
                     gpu->compute_capability);
}

std::string follows_from_storage(const Topology& topology, const Target& target) {
  if (target.storage.matches)
    return "L3 reads and writes the drive past the page cache, several requests at a time.";
  if (topology.block_devices.empty())
    return "No drive was seen: L3 works in any folder, its speed is unknown.";
  return "L3 works on the drive that is there; the profile's figures for an NVMe drive do not hold.";
}

}  // namespace

Target recognise_target(const Topology& topology) {
  return {.cpu = judge_cpu(topology.cpu),
          .gpu = judge_gpu(topology.gpus),
          .storage = judge_storage(topology.block_devices)};
}

std::optional<int> capability_of(const Gpu& gpu) {
  const std::string& text = gpu.compute_capability;
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return std::nullopt;
  int major = 0;
  int minor = 0;
  const char* begin = text.data();
  if (std::from_chars(begin, begin + dot, major).ec != std::errc{}) return std::nullopt;
  if (std::from_chars(begin + dot + 1, begin + text.size(), minor).ec != std::errc{}) return std::nullopt;
  return major * 10 + minor;
}

const Gpu* chosen_gpu(const Topology& topology) {
  const Gpu* chosen = nullptr;
  for (const Gpu& gpu : topology.gpus) {
    if (gpu.vendor != "NVIDIA") continue;
    if (chosen == nullptr || gpu.memory.value_or(Bytes{}) > chosen->memory.value_or(Bytes{})) chosen = &gpu;
  }
  return chosen;
}

std::vector<std::string> what_follows(const Topology& topology, const Target& target) {
  std::vector<std::string> lines;
  if (target.all()) {
    lines.emplace_back(
        "The default profile i5-10210u-mx250-nvme is of this kind of machine: simulated runs predict it.");
  } else if (target.cpu.matches || target.cpu.is_near) {
    lines.emplace_back(
        "The default profile's figures for the processor hold here, roughly; others need calibration.");
  } else {
    lines.emplace_back(
        "The default profile is of another machine: `cachebench calibrate` measures this one.");
  }
  lines.push_back(follows_from_gpu(topology));
  const auto cards = std::count_if(topology.gpus.begin(), topology.gpus.end(),
                                   [](const Gpu& gpu) { return gpu.vendor == "NVIDIA"; });
  if (cards > 1) {
    lines.push_back(
        fmt::format("Of {} NVIDIA cards a run uses one, {}.", cards, chosen_gpu(topology)->bus_id));
  }
  lines.push_back(follows_from_storage(topology, target));
  return lines;
}

Topology without_driver(Topology topology) {
  for (Gpu& gpu : topology.gpus) gpu.compute_capability.clear();
  return topology;
}

}  // namespace cachebench::hardware
