// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/config/run_config.h"
#include "bench/run/multimodal_run.h"
#include "bench/run/virtual_machine.h"
#include "bench/run/visual_run.h"
#include "bench/run/workload.h"
#include "cache/hierarchical_cache_manager.h"
#include "cache/movers.h"
#include "hardware/cost.h"
#include "tier/plane.h"

/// From a config to the cache that a run drives.
namespace cachebench::bench {

/// A cache with whatever it stands on, in order of construction. Move-only.
struct CacheSetup {
  std::vector<std::unique_ptr<tier::Plane>> planes;  ///< real runs: one a tier
  std::unique_ptr<VirtualMachine> machine;           ///< simulations
  cache::Movers* movers = nullptr;                   ///< real runs; owned by the manager
  std::unique_ptr<cache::HierarchicalCacheManager> manager;
  std::unique_ptr<MultimodalRun> multimodal;  ///< in front of the manager, where the config has it
  std::unique_ptr<VisualRun> visual;          ///< beside it, likewise
  std::vector<std::string> devices;           ///< per tier, as results name them
  std::size_t adopted = 0;                    ///< entries found in a kept cache directory
  std::vector<std::string> notes;
};

/// Nominal capacity of every tier: shares are of the working set.
[[nodiscard]] std::vector<Bytes> resolve_capacities(const RunConfig& config, const WorkloadFacts& facts);

/// Builds the tiers of a config. Simulations carry no bytes; real runs get real planes, and fail with
/// Error{kEnvironment} before they start when memory or disk is too small.
[[nodiscard]] CacheSetup set_up_cache(const RunConfig& config, const WorkloadFacts& facts,
                                      const hardware::CostModel& costs);

/// What a run needs of the machine, for `--dry-run` and for refusing what cannot work.
struct Needs {
  Bytes device;  ///< host memory that stands for the device where it is emulated
  Bytes host;
  Bytes disk;
  Nanoseconds modelled_time{0};  ///< upper estimate: every access a miss
};
[[nodiscard]] Needs needs_of(const RunConfig& config, const WorkloadFacts& facts);

}  // namespace cachebench::bench
