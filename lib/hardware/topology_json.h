// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "hardware/target.h"
#include "hardware/topology.h"

/// The document of `topology --json`: { machine, pci, gpus, block_devices, limits, target, notes }, keys
/// ending in their unit, absent facts null. Pure; never throws but for lack of memory.
namespace cachebench::hardware {

[[nodiscard]] nlohmann::ordered_json topology_json(const Topology& topology, const Target& target);

}  // namespace cachebench::hardware
