// SPDX-License-Identifier: Apache-2.0
#include "result/run_result.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace cachebench;
using result::Basis;

TEST_CASE("a ratio without a denominator is absent") {
  CHECK(!result::ratio_of(0, 0));
  CHECK(result::ratio_of(0, 4) == 0.0);
  CHECK(result::ratio_of(1, 4) == 0.25);
  const result::Totals nothing;
  CHECK(!nothing.hit_ratio());
  CHECK(!nothing.served_ratio());
  CHECK(!nothing.byte_hit_ratio());
  CHECK(!nothing.accesses_per_second());
  CHECK(!result::ModelCheck{}.error_ratio());
}

TEST_CASE("the ratios leave covered accesses out of the one and in the other") {
  const result::Totals totals{
      .accesses = 10, .hits = 3, .covered = 2, .misses = 5, .elapsed_ns = 2'000'000'000};
  CHECK(totals.hit_ratio() == 3.0 / 8.0);
  CHECK(totals.served_ratio() == 0.5);
  CHECK(totals.accesses_per_second() == 5.0);
}

TEST_CASE("a summary says what its histogram holds") {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(i * 1000);
  const auto summary = result::summarise(histogram, Basis::kEmulated);
  CHECK(summary.basis == Basis::kEmulated);
  CHECK(summary.count == 1000);
  CHECK(summary.max_ns == 1'000'000);
  CHECK(summary.p50_ns >= 500'000);
  CHECK(summary.p50_ns <= 500'000 * 129 / 128);
  std::uint64_t counted = 0;
  for (const auto& [value, count] : summary.buckets) counted += count;
  CHECK(counted == 1000);
}

TEST_CASE("the mean over model checks is weighted by count") {
  const auto all = result::overall({{"L1", "a", 1, 100, 200}, {"L2", "b", 3, 500, 600}});
  CHECK(all.count == 4);
  CHECK(all.predicted_ns == 400);
  CHECK(all.measured_ns == 500);
  CHECK(all.error_ratio() == 0.25);
  CHECK(result::overall({}).count == 0);
}

TEST_CASE("kinds come in the program's order, strangers after them") {
  result::RunResult result;
  for (const char* kind : {"zebra", "kv_block", "image", "apple", "object"}) result.kinds[kind] = {};
  std::string order;
  for (const auto& item : result::kinds_in_order(result)) order += item.first + " ";
  CHECK(order == "object image kv_block apple zebra ");
}

}  // namespace
