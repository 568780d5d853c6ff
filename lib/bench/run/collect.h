// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/run/cache_setup.h"
#include "bench/run/measurements.h"
#include "result/run_result.h"

namespace cachebench::bench {

/// What a finished replay is turned into a result from.
struct CollectInputs {
  const RunConfig& config;
  const WorkloadFacts& facts;
  const CacheSetup& setup;
  const ReplayOutcome& outcome;
};

/// Counts, latencies, series and checks of a run. Trace hash, manifest and status are added by the caller.
[[nodiscard]] result::RunResult collect(const CollectInputs& inputs);

}  // namespace cachebench::bench
