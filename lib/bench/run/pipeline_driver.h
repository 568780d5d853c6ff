// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/run/replay.h"
#include "cache/movers.h"
#include "result/run_result.h"

namespace cachebench::bench {

/// What a run through the pipeline hands back.
struct PipelineReplay {
  ReplayOutcome outcome;
  result::Pipeline pipeline;
  std::map<std::string, result::LatencySummary> latency;
  std::vector<std::string> notes;
};

/// Answers the requests of a workload: processor, stages, caches and a model, by the machine's clock. Closed
/// loop: `in_flight` requests at a time, and with an asynchronous processor at least as many as it takes at a
/// time; open loop: requests are submitted at their recorded times. Warm-up requests, and passes over the
/// whole workload, are answered first and counted apart. `inputs.workload` is read only where
/// it records, up to the last request that was answered. Throws Error for a
/// runner that cannot be made; what is wrong with one request is counted. `movers` are those of the manager.
[[nodiscard]] PipelineReplay replay_pipeline(const ReplayInputs& inputs, cache::Movers* movers);

}  // namespace cachebench::bench
