// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

/// What the tests of generators need to compare samples with distributions; plain and slow, from libm.
namespace cachebench::testing {

/// Regularised lower incomplete gamma function P(a, x), by its series (any x that tests use).
inline double gamma_cdf(double a, double x) {
  if (x <= 0) return 0;
  if (x > a + 60 * (std::sqrt(a) + 1)) return 1;
  double term = 1.0 / a;
  double sum = term;
  for (int n = 1; n < 20'000 && term > sum * 1e-16; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return std::min(1.0, sum * std::exp(a * std::log(x) - x - std::lgamma(a)));
}

inline double weibull_cdf(double shape, double x) {
  return x <= 0 ? 0 : -std::expm1(-std::pow(x, shape));
}

/// Largest distance between the empirical distribution and a continuous one.
inline double ks_distance(std::vector<double> sample, const std::function<double(double)>& cdf) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double at = cdf(sample[i]);
    const auto below = static_cast<double>(i);
    distance = std::max({distance, std::abs(at - below / n), std::abs((below + 1) / n - at)});
  }
  return distance;
}

/// The same for a sample that was rounded down to multiples of `tick`.
inline double ks_distance_rounded(std::vector<double> sample, double tick,
                                  const std::function<double(double)>& cdf) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    if (i + 1 < sample.size() && sample[i + 1] < sample[i] + tick / 2) continue;  // more of the same value
    distance = std::max(distance, std::abs(cdf(sample[i] + tick) - static_cast<double>(i + 1) / n));
  }
  return distance;
}

/// The same for weights of whole numbers, compared at every value.
inline double ks_distance(const std::vector<std::uint64_t>& sample,
                          const std::map<std::uint64_t, double>& weights) {
  std::map<std::uint64_t, std::pair<double, double>> steps;  // value -> (expected, seen)
  double total = 0;
  for (const auto& [value, weight] : weights) {
    steps[value].first += weight;
    total += weight;
  }
  for (const std::uint64_t value : sample) steps[value].second += 1;
  double expected = 0;
  double seen = 0;
  double distance = 0;
  for (const auto& [value, step] : steps) {
    expected += step.first / total;
    seen += step.second / static_cast<double>(sample.size());
    distance = std::max(distance, std::abs(expected - seen));
  }
  return distance;
}

/// Distance that a sample of this size exceeds once in 10,000 times (Kolmogorov's limit; conservative for
/// discrete distributions).
inline double ks_limit(double sample_size) {
  return std::sqrt(-std::log(1e-4 / 2) / 2) / std::sqrt(sample_size);
}

}  // namespace cachebench::testing
