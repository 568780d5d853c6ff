// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/run/bounds.h"
#include "bench/run/cache_setup.h"
#include "bench/run/replay.h"
#include "result/run_result.h"

/// One experiment from its config to its result.
namespace cachebench::bench {

/// Called about twice a second with what a run has counted so far.
using SnapshotCallback = std::function<void(const result::RunResult&)>;

struct RunInputs {
  RunConfig config;
  std::vector<std::string> command_line;  ///< for the manifest
  StopToken* stop = nullptr;
  std::string record;   ///< file to write the trace of what was asked to, "" = none
  std::string content;  ///< folder of content files, "" = none
  BoundsChoice bounds = BoundsChoice::kAuto;
  ProgressCallback progress;  ///< may be empty
  SnapshotCallback snapshot;  ///< may be empty
  /// What `config.trace` names, or a part of it, where it was loaded before; outlives the run.
  const LoadedWorkload* loaded = nullptr;
};

/// Reads the trace, builds the cache, replays, and collects. An interrupted run returns what there is, marked
/// partial. Throws Error for bad input, or for an environment that cannot carry the run.
[[nodiscard]] result::RunResult run_experiment(const RunInputs& inputs);

/// What a run would do and need, as lines for a person: `--dry-run`.
[[nodiscard]] std::vector<std::string> describe_plan(const RunConfig& config);

}  // namespace cachebench::bench
