// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hardware/topology.h"

/// What /proc and /sys of the running kernel know and hwloc does not tell. Reads only; a missing file is a
/// fact that stays absent. The roots are parameters for the tests' sake.
namespace cachebench::hardware {

/// Model name of the first processor in cpuinfo, "" where there is none.
[[nodiscard]] std::string cpu_model(const std::string& proc);

/// Of the instruction sets that matter to hashing, copying and codecs, those all processors have, sorted.
[[nodiscard]] std::vector<std::string> cpu_features(const std::string& proc);

/// The numbers of the processors that this process may be scheduled on; none when the kernel does not say.
[[nodiscard]] std::vector<int> allowed_processors();
/// How many those are, for sizing crews of threads: 1 when the kernel does not say.
[[nodiscard]] int allowed_threads();

/// Block devices with hardware under them (no loop, RAM, device-mapper or RAID devices), by name.
[[nodiscard]] std::vector<BlockDevice> block_devices(const std::string& sys);

/// The best link the device at `bus_id` and the port above it can both make; the current one may be idling.
[[nodiscard]] Link pci_link(const std::string& sys, const std::string& bus_id);
/// The link as it is now.
[[nodiscard]] Link current_pci_link(const std::string& sys, const std::string& bus_id);

/// The card's name as NVIDIA's kernel driver tells it, "" without the driver.
[[nodiscard]] std::string nvidia_model(const std::string& proc, const std::string& bus_id);

}  // namespace cachebench::hardware
