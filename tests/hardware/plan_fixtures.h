// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include "hardware/hardware_plan.h"

/// Machines to plan for, in round figures: a laptop of the target kind, whose parts tests take away or
/// change. Values; no error leaves these functions.
namespace cachebench::hardware::testing {

inline Profile round_profile() {
  Profile profile;
  profile.name = "round";
  profile.h2d = {.bytes_per_second = 3e9, .latency = Nanoseconds{15'000}};
  profile.d2h = profile.h2d;
  profile.pageable_bytes_per_second = 1.5e9;
  profile.ssd_read = {.bytes_per_second = 3e9, .latency = Nanoseconds{80'000}};
  profile.ssd_write = {.bytes_per_second = 1.5e9, .latency = Nanoseconds{20'000}};
  profile.flops_per_second = 7e11;
  profile.device_bytes_per_second = 48e9;
  profile.host_memcpy_bytes_per_second = 1e10;
  profile.decode_bytes_per_second = 1e9;
  profile.encode_bytes_per_second = 3e8;
  profile.lossy_encode_bytes_per_second = 6e9;
  profile.lossy_decode_bytes_per_second = 6e9;
  profile.device_memory = kMiB * 1700;
  profile.host_memory = kGiB * 8;
  profile.host_cores = 4;
  return profile;
}

inline OptimizerInput laptop_input() {
  Topology machine;
  machine.is_this_machine = true;
  machine.cpu.cores = 4;
  machine.cpu.threads = 8;
  machine.cpu.threads_allowed = 8;
  machine.cpu.core_threads = {{0, 4}, {1, 5}, {2, 6}, {3, 7}};
  machine.memory = kGiB * 16;
  Gpu gpu;
  gpu.vendor = "NVIDIA";
  gpu.pci_id = "10de:1d13";
  gpu.bus_id = "0000:01:00.0";
  gpu.compute_capability = "6.1";
  gpu.memory = kGiB * 2;
  machine.gpus = {gpu};
  BlockDevice drive;
  drive.name = "nvme0n1";
  drive.kind = BlockKind::kNvme;
  drive.size = kGiB * 500;
  drive.sector_bytes = 512;
  machine.block_devices = {drive};
  machine.limits.locked_memory = Bound{.is_unlimited = true, .bytes = {}};
  machine.limits.io_uring = true;
  CacheDirectory directory;
  directory.path = "/cache";
  directory.filesystem = "ext4";
  directory.free = kGiB * 100;
  directory.direct_io = true;
  machine.limits.cache_directory = directory;
  return {.topology = machine, .profile = round_profile(), .model = qwen3_vl_2b_figures()};
}

/// The item of that name; an empty one when there is none.
inline PlanItem item(const HardwarePlan& plan, const std::string& name) {
  const auto found = std::find_if(plan.items.begin(), plan.items.end(),
                                  [&](const PlanItem& each) { return each.name == name; });
  return found == plan.items.end() ? PlanItem{} : *found;
}

inline bool reason_has(const HardwarePlan& plan, const std::string& name, const std::string& part) {
  return item(plan, name).reason.find(part) != std::string::npos;
}

}  // namespace cachebench::hardware::testing
