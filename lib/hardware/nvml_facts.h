// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "hardware/nvidia/nvml.h"
#include "hardware/topology.h"

/// NVML's word on the GPUs of a machine, joined with what the bus and hwloc told. Pure functions on values.
namespace cachebench::hardware {

/// Completes the GPUs of `known` that have the bus id of one in `detected`, and adds those that it lacks (in
/// a container the PCI bus may be hidden). Keeps the order by bus id. A link that is known already stays: it
/// also knows the port above.
void merge_nvml(const std::vector<nvidia::NvmlGpu>& detected, std::vector<Gpu>& known);

}  // namespace cachebench::hardware
