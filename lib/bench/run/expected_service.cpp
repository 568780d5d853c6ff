// SPDX-License-Identifier: Apache-2.0
#include "bench/run/expected_service.h"

#include <algorithm>
#include <cmath>

#include "hardware/time_skews.h"

namespace cachebench::bench {

Nanoseconds mean_beyond_median(const ExpectedService& expected, hardware::Medium medium) {
  const auto beyond = [&](const char* figure, Nanoseconds median) {
    const double skew = hardware::skew_of(expected.profile.time_skews, figure, expected.variants);
    return Nanoseconds{std::llround(static_cast<double>(median.count()) * (skew - 1))};
  };
  const Nanoseconds lookup = beyond("lookup", expected.profile.lookup);
  switch (medium) {
    case hardware::Medium::kDevice:
      return lookup;
    case hardware::Medium::kHost:
      return lookup + beyond("h2d", expected.profile.h2d.latency);
    case hardware::Medium::kSsd:
      return lookup + beyond("ssd_read", expected.profile.ssd_read.latency);
  }
  return lookup;
}

void expect_means(const ExpectedService& expected, std::span<const hardware::Medium> media,
                  result::RunResult& result) {
  for (std::size_t i = 0; i < std::min(media.size(), result.tiers.size()); ++i) {
    const std::int64_t beyond = mean_beyond_median(expected, media[i]).count();
    for (result::TierCheck& check : result.tier_checks) {
      if (check.tier == result.tiers[i].name)
        check.predicted_ns += beyond * static_cast<std::int64_t>(check.count);
    }
    for (result::ModelCheck& check : result.model_check) {
      if (check.tier == result.tiers[i].name) check.predicted_ns += beyond;
    }
  }
}

}  // namespace cachebench::bench
