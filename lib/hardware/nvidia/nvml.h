// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

/// What NVIDIA's management library tells of the GPUs, opened at run time; it needs no context and wakes no
/// GPU. The few types of its interface that are used here are written down in the .cpp file, as a build
/// should not need its header. Where the library is absent, or refuses, there are no facts. Reads only.
namespace cachebench::hardware::nvidia {

inline constexpr const char* kNvmlLibrary = "libnvidia-ml.so.1";

struct NvmlGpu {
  std::string bus_id;  ///< "0000:01:00.0"
  std::string pci_id;  ///< "10de:1d13"
  std::string name;
  std::string compute_capability;  ///< "" where the library does not say
  std::optional<Bytes> memory;
  std::optional<int> link_generation;  ///< of the best link that the card can make
  std::optional<int> link_lanes;
};

/// The GPUs it knows, by bus id.
[[nodiscard]] std::vector<NvmlGpu> nvml_gpus(const std::string& library = kNvmlLibrary);

}  // namespace cachebench::hardware::nvidia
