// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/topology.h"

struct hwloc_topology;

/// A loaded hwloc topology turned into plain values: facts only, whatever machine they are about. Reads the
/// topology and keeps nothing of it; origin, features and limits are the caller's to fill in.
namespace cachebench::hardware {

[[nodiscard]] Topology hwloc_facts(hwloc_topology* topology);

}  // namespace cachebench::hardware
