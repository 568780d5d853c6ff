// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// Intervals for what a clock said: bootstraps with a random number generator of our own, so the same samples
/// give the same interval on every machine. Pure functions of values, thread-safe; nothing throws. Too few
/// samples give no interval rather than a wide one.
namespace cachebench::result {

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

struct Bootstrap {
  std::size_t resamples = 2000;
  double confidence = 0.99;  ///< two-sided
  std::uint64_t seed = 1;
};

/// Fewer samples than this on a side bear no interval.
inline constexpr std::size_t kFewestSamples = 5;

/// 0 for none.
[[nodiscard]] double median_of(std::vector<double> values);

/// median(b) / median(a) for samples whose order is unknown: both sides resampled.
[[nodiscard]] std::optional<Interval> ratio_of_medians(std::span<const double> a, std::span<const double> b,
                                                       const Bootstrap& how = {});

/// The median of b[i] / a[i] for runs that belong together: pairs resampled.
[[nodiscard]] std::optional<Interval> median_of_ratios(std::span<const double> a, std::span<const double> b,
                                                       const Bootstrap& how = {});

/// A histogram as results hold it: (largest value of the bucket, count), ascending.
using Buckets = std::vector<std::pair<std::int64_t, std::uint64_t>>;

/// The smallest bucket value with at least `quantile` of the counts at or below it; 0 for an empty histogram.
[[nodiscard]] double quantile_of(const Buckets& buckets, double quantile);

/// quantile(b) / quantile(a), each resampled by the normal approximation of its rank. Nothing where fewer
/// than ten records of a side lie beyond the quantile.
[[nodiscard]] std::optional<Interval> ratio_of_quantiles(const Buckets& a, const Buckets& b, double quantile,
                                                         const Bootstrap& how = {});

}  // namespace cachebench::result
