// SPDX-License-Identifier: Apache-2.0
#include "result/statistics.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/histogram.h"
#include "core/rng.h"

namespace {

using namespace cachebench;
using result::Interval;

// Times of runs: a base, and noise of some percent that only adds.
std::vector<double> times(double base, std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(base * (1.0 + 0.04 * rng.uniform() * rng.uniform()));
  return list;
}

result::Buckets histogram(double base, std::size_t count, std::uint64_t seed) {
  Histogram filled;
  for (const double value : times(base, count, seed)) filled.record(static_cast<std::int64_t>(value));
  return filled.buckets();
}

bool holds(const Interval& interval, double value) {
  return interval.low <= value && value <= interval.high;
}

TEST_CASE("medians") {
  CHECK(result::median_of({}) == 0);
  CHECK(result::median_of({3, 1, 2}) == 2);
  CHECK(result::median_of({4, 1, 2, 3}) == 2.5);
}

TEST_CASE("too few samples bear no interval, and neither do zeros or unequal pairs") {
  const std::vector<double> four{1, 2, 3, 4};
  const std::vector<double> five{1, 2, 3, 4, 5};
  const std::vector<double> zeros(5, 0.0);
  CHECK_FALSE(result::ratio_of_medians(four, five).has_value());
  CHECK_FALSE(result::median_of_ratios(five, four).has_value());
  CHECK_FALSE(result::median_of_ratios(zeros, five).has_value());
  CHECK_FALSE(result::ratio_of_medians(zeros, five).has_value());
  CHECK_FALSE(result::ratio_of_quantiles({{5, 9}}, {{5, 900}}, 0.5).has_value());
  CHECK_FALSE(result::ratio_of_quantiles({{5, 900}}, {{5, 900}}, 0.99).has_value());
  CHECK_FALSE(result::ratio_of_quantiles({}, {}, 0.5).has_value());
}

TEST_CASE("the same samples give the same interval, and samples without spread a point") {
  const auto a = times(100, 20, 1);
  const auto b = times(110, 20, 2);
  CHECK(result::ratio_of_medians(a, b) == result::ratio_of_medians(a, b));
  const std::vector<double> fixed(10, 4.0);
  CHECK(*result::ratio_of_medians(fixed, fixed) == Interval{.low = 1, .high = 1});
  const std::vector<double> twice(10, 8.0);
  CHECK(*result::median_of_ratios(fixed, twice) == Interval{.low = 2, .high = 2});
}

TEST_CASE("intervals hold the true ratio nearly always, and tell 10% apart") {
  int held = 0;
  int told = 0;
  constexpr int kTrials = 60;
  for (int i = 0; i < kTrials; ++i) {
    const auto seed = static_cast<std::uint64_t>(2 * i);
    const auto a = times(100, 20, seed);
    held += holds(*result::ratio_of_medians(a, times(100, 20, seed + 1)), 1.0) ? 1 : 0;
    told += result::ratio_of_medians(a, times(110, 20, seed + 1))->low > 1.0 ? 1 : 0;
  }
  CHECK(held >= kTrials - 3);
  CHECK(told == kTrials);
}

TEST_CASE("quantiles of a histogram are its own, and their ratio is found") {
  const result::Buckets plain{{10, 50}, {20, 40}, {30, 10}};
  CHECK(result::quantile_of(plain, 0.5) == 10);
  CHECK(result::quantile_of(plain, 0.51) == 20);
  CHECK(result::quantile_of(plain, 0.9) == 20);
  CHECK(result::quantile_of(plain, 1.0) == 30);
  CHECK(result::quantile_of({}, 0.5) == 0);
  const auto interval = result::ratio_of_quantiles(histogram(1e6, 4000, 1), histogram(1.2e6, 4000, 2), 0.5);
  REQUIRE(interval.has_value());
  CHECK(holds(*interval, 1.2));
  CHECK(interval->high - interval->low < 0.03);
}

}  // namespace
