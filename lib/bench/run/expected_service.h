// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hardware/cost.h"
#include "result/run_result.h"

/// What the hits of a run are expected to take in all. The model's figures are medians; times are skewed, and
/// their sum is that of their means. Pure functions.
namespace cachebench::bench {

struct ExpectedService {
  const hardware::Profile& profile;  ///< with what the run's policies add
  std::span<const std::string> variants;
};

/// How much longer than the model's time a hit of such a tier takes in the mean.
[[nodiscard]] Nanoseconds mean_beyond_median(const ExpectedService& expected, hardware::Medium medium);

/// Adds it to the sums of the tiers' checks and to the means of those by kind, not to medians. `media` are
/// those of the result's tiers.
void expect_means(const ExpectedService& expected, std::span<const hardware::Medium> media,
                  result::RunResult& result);

}  // namespace cachebench::bench
