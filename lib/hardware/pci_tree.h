// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hardware/topology.h"

struct hwloc_topology;

/// The PCI devices and bridges of a loaded hwloc topology, each after the bridge above it. Reads the topology
/// and keeps nothing of it; the tree is in each device's `parent`.
namespace cachebench::hardware {

[[nodiscard]] std::vector<PciDevice> pci_tree(hwloc_topology* topology);

/// What a PCI class (its upper two bytes) is for: "display", "nvme", …, or the class in hex.
[[nodiscard]] std::string pci_kind(unsigned class_id);

}  // namespace cachebench::hardware
