// SPDX-License-Identifier: Apache-2.0
#include "core/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "core/rng.h"

using cachebench::Histogram;
using cachebench::Rng;

namespace {

// The value with at least `quantile` of the sorted records at or below it.
std::int64_t reference(const std::vector<std::int64_t>& sorted, double quantile) {
  const auto wanted = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(wanted, 1) - 1];
}

std::int64_t any_value(Rng& rng, int shape) {
  if (shape == 0) return static_cast<std::int64_t>(rng.below(256));
  if (shape == 1) return static_cast<std::int64_t>(rng.below(1'000'000));
  return static_cast<std::int64_t>(rng.next() >> (1 + rng.below(63)));
}

}  // namespace

TEST_CASE("quantiles are those of a sorted vector, at most 1/128 above") {
  for (int shape = 0; shape < 3; ++shape) {
    Rng rng(static_cast<std::uint64_t>(shape) + 10);
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 20000; ++i) {
      values.push_back(any_value(rng, shape));
      histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double q : {0.0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
      const std::int64_t want = reference(values, q);
      const std::int64_t got = histogram.quantile(q);
      CAPTURE(shape);
      CAPTURE(q);
      CHECK(got >= want);
      CHECK(static_cast<double>(got - want) <= static_cast<double>(want) / 128.0);
    }
    CHECK(histogram.quantile(1.0) == values.back());
    CHECK(histogram.max() == values.back());
    CHECK(histogram.min() == values.front());
    const double mean =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    CHECK(histogram.mean() == doctest::Approx(mean).epsilon(1e-12));
  }
}

TEST_CASE("small values are exact") {
  Histogram histogram;
  for (std::int64_t value = 0; value < 256; ++value) histogram.record(value);
  for (std::int64_t rank = 1; rank <= 256; ++rank) {
    CHECK(histogram.quantile(static_cast<double>(rank) / 256.0) == rank - 1);
  }
}

TEST_CASE("merging is the same as recording everything in one") {
  Rng rng(20);
  Histogram one;
  Histogram parts[3];
  for (int i = 0; i < 5000; ++i) {
    const std::int64_t value = any_value(rng, 2) >> 8;
    const std::uint64_t count = rng.below(4);
    one.record(value, count);
    parts[rng.below(3)].record(value, count);
  }
  Histogram merged;
  for (const Histogram& part : parts) merged.merge(part);
  merged.merge(Histogram());
  CHECK(merged.count() == one.count());
  CHECK(merged.buckets() == one.buckets());
  CHECK(merged.min() == one.min());
  CHECK(merged.max() == one.max());
  CHECK(merged.mean() == doctest::Approx(one.mean()));
}

TEST_CASE("buckets hold every record once, in ascending order") {
  Rng rng(30);
  Histogram histogram;
  for (int i = 0; i < 3000; ++i) histogram.record(any_value(rng, 2));
  const auto buckets = histogram.buckets();
  std::uint64_t total = 0;
  for (const auto& [top, count] : buckets) total += count;
  CHECK(total == histogram.count());
  CHECK(std::is_sorted(buckets.begin(), buckets.end()));
}

TEST_CASE("the empty histogram, negative values and both ends of the range") {
  Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.quantile(0.5) == 0);
  CHECK(histogram.min() == 0);
  CHECK(histogram.mean() == 0);
  CHECK(histogram.buckets().empty());
  histogram.record(-5);
  histogram.record(7, 0);
  CHECK(histogram.count() == 1);
  CHECK(histogram.quantile(1) == 0);
  histogram.record(std::numeric_limits<std::int64_t>::max());
  CHECK(histogram.quantile(1) == std::numeric_limits<std::int64_t>::max());
  CHECK(histogram.quantile(2) == std::numeric_limits<std::int64_t>::max());
  CHECK(histogram.quantile(-1) == 0);
}
