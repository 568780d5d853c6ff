// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/run/run_experiment.h"

/// For tests of what a run finds out. Throws as run_experiment.
namespace cachebench::bench {

/// The run of a config, nothing else asked for.
inline result::RunResult run_of(const RunConfig& config, const LoadedWorkload* loaded = nullptr) {
  StopToken stop;
  RunInputs inputs;
  inputs.config = config;
  inputs.stop = &stop;
  inputs.loaded = loaded;
  return run_experiment(inputs);
}

}  // namespace cachebench::bench
