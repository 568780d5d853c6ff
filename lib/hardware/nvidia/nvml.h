// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hardware/topology.h"

/// What NVIDIA's management library tells of the GPUs, opened at run time; it needs no context and wakes no
/// GPU. The few types of its interface that are used here are written down in the .cpp file, as a build
/// should not need its header. Where the library is absent, or refuses, there are no facts. Reads only.
namespace cachebench::hardware::nvidia {

inline constexpr const char* kNvmlLibrary = "libnvidia-ml.so.1";

/// The GPUs it knows, by bus id: name, compute capability, memory, the best link; PCI ids too.
[[nodiscard]] std::vector<Gpu> nvml_gpus(const std::string& library = kNvmlLibrary);

/// Completes the GPUs of `known` that have the bus id of one in `detected`, and adds those that it lacks (in
/// a container the PCI bus may be hidden). Keeps the order by bus id. A link that is known already stays: it
/// also knows the port above.
void complete(std::vector<Gpu>& known, const std::vector<Gpu>& detected);

}  // namespace cachebench::hardware::nvidia
