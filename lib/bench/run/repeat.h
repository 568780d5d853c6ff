// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bench/run/run_experiment.h"

/// A whole experiment, several times: one run's wall time says little on a noisy machine.
namespace cachebench::bench {

/// Interval that holds the median with at least 95% confidence, from order statistics (binomial); nothing for
/// fewer than six samples. Takes them in any order.
struct MedianInterval {
  double low = 0;
  double median = 0;
  double high = 0;
};
[[nodiscard]] std::optional<MedianInterval> median_interval(std::vector<double> samples);

/// Runs `inputs.config.load.repeat` times, or for 0 until the interval of the median wall time lies within 5%
/// of it, at most ten times. Returns the median run; its manifest lists all of them under `repeats`. Stops
/// early, and returns the last run, when one is partial.
[[nodiscard]] result::RunResult run_repeatedly(const RunInputs& inputs);

}  // namespace cachebench::bench
