// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/spread.h"

#include <algorithm>
#include <cmath>

namespace cachebench::bench {
namespace {

// Linear between the two values around the place.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
}

}  // namespace

double Spread::relative() const {
  return median == 0 ? 0 : interquartile / std::abs(median);
}

double Spread::uncertainty() const {
  return repetitions == 0 ? 0 : relative() / std::sqrt(static_cast<double>(repetitions));
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {.median = quantile(values, 0.5),
          .interquartile = quantile(values, 0.75) - quantile(values, 0.25),
          .repetitions = static_cast<int>(values.size())};
}

Spread repeat_until_steady(const RepeatRule& rule, const Clock& clock, const std::function<double()>& once,
                           const std::function<bool()>& stop) {
  const Nanoseconds end = clock.now() + rule.budget;
  std::vector<double> values;
  Spread spread;
  while (static_cast<int>(values.size()) < rule.most && !stop()) {
    values.push_back(once());
    if (static_cast<int>(values.size()) < rule.least) continue;
    spread = spread_of(values);
    if (spread.uncertainty() <= rule.goal || clock.now() >= end) break;
  }
  return spread_of(std::move(values));
}

}  // namespace cachebench::bench
