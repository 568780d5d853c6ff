// SPDX-License-Identifier: Apache-2.0
#include "result/statistics.h"

#include <algorithm>
#include <cmath>

#include "core/det_math.h"
#include "core/rng.h"

namespace cachebench::result {
namespace {

constexpr double kFewestBeyond = 10;  // records beyond a quantile

// The middle part of `estimates` that holds `confidence` of them.
std::optional<Interval> percentile_interval(std::vector<double>& estimates, double confidence) {
  if (estimates.empty()) return std::nullopt;
  std::sort(estimates.begin(), estimates.end());
  const double last = static_cast<double>(estimates.size() - 1);
  const double tail = (1.0 - confidence) / 2.0;
  return Interval{.low = estimates[static_cast<std::size_t>(std::floor(tail * last))],
                  .high = estimates[static_cast<std::size_t>(std::ceil((1.0 - tail) * last))]};
}

std::vector<double> resampled(std::span<const double> values, Rng& rng) {
  std::vector<double> drawn(values.size());
  for (double& value : drawn) value = values[rng.below(values.size())];
  return drawn;
}

// Close enough to a standard normal (Irwin and Hall), and the same bits everywhere.
double nearly_normal(Rng& rng) {
  double sum = -6.0;
  for (int i = 0; i < 12; ++i) sum += rng.uniform();
  return sum;
}

double total_of(const Buckets& buckets) {
  double total = 0;
  for (const auto& [value, count] : buckets) total += static_cast<double>(count);
  return total;
}

double value_at_rank(const Buckets& buckets, double rank) {
  double seen = 0;
  for (const auto& [value, count] : buckets) {
    seen += static_cast<double>(count);
    if (seen >= rank) return static_cast<double>(value);
  }
  return buckets.empty() ? 0.0 : static_cast<double>(buckets.back().first);
}

double resampled_quantile(const Buckets& buckets, double quantile, Rng& rng) {
  const double total = total_of(buckets);
  const double spread = det::sqrt(total * quantile * (1.0 - quantile));
  return value_at_rank(buckets, std::clamp(total * quantile + spread * nearly_normal(rng), 1.0, total));
}

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

std::optional<Interval> ratio_of_medians(std::span<const double> a, std::span<const double> b,
                                         const Bootstrap& how) {
  if (a.size() < kFewestSamples || b.size() < kFewestSamples) return std::nullopt;
  Rng rng(how.seed);
  std::vector<double> estimates;
  for (std::size_t i = 0; i < how.resamples; ++i) {
    const double below = median_of(resampled(a, rng));
    const double above = median_of(resampled(b, rng));
    if (below > 0) estimates.push_back(above / below);
  }
  return percentile_interval(estimates, how.confidence);
}

std::optional<Interval> median_of_ratios(std::span<const double> a, std::span<const double> b,
                                         const Bootstrap& how) {
  if (a.size() != b.size() || a.size() < kFewestSamples) return std::nullopt;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] <= 0) return std::nullopt;
    ratios.push_back(b[i] / a[i]);
  }
  Rng rng(how.seed);
  std::vector<double> estimates;
  for (std::size_t i = 0; i < how.resamples; ++i) estimates.push_back(median_of(resampled(ratios, rng)));
  return percentile_interval(estimates, how.confidence);
}

double quantile_of(const Buckets& buckets, double quantile) {
  return value_at_rank(buckets, std::max(total_of(buckets) * quantile, 1.0));
}

std::optional<Interval> ratio_of_quantiles(const Buckets& a, const Buckets& b, double quantile,
                                           const Bootstrap& how) {
  const double beyond = std::min(quantile, 1.0 - quantile);
  if (std::min(total_of(a), total_of(b)) * beyond < kFewestBeyond) return std::nullopt;
  Rng rng(how.seed);
  std::vector<double> estimates;
  for (std::size_t i = 0; i < how.resamples; ++i) {
    const double below = resampled_quantile(a, quantile, rng);
    const double above = resampled_quantile(b, quantile, rng);
    if (below > 0) estimates.push_back(above / below);
  }
  return percentile_interval(estimates, how.confidence);
}

}  // namespace cachebench::result
