// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/access_summary.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace cachebench;
using namespace cachebench::bench;
using namespace std::chrono_literals;

TEST_CASE("counts, bytes and distances of a small sequence") {
  AccessSummary summary;
  for (const std::uint32_t id : {0U, 1U, 0U, 2U, 1U, 1U}) summary.add(EntryId{id}, 10 * (id + 1));
  TraceInfo info;
  summary.put_into(info);
  CHECK(info.accesses == 6);
  CHECK(info.distinct == 3);
  CHECK(info.reused == 2);
  CHECK(info.bytes_requested == 10 + 20 + 10 + 30 + 20 + 20);
  CHECK(info.bytes_distinct == 60);
  // Distances 2, 3, 1: the middle one is 2.
  REQUIRE(info.reuse_distance);
  CHECK(info.reuse_distance->p50 == 2);
  CHECK(info.reuse_distance->p90 == 3);
  CHECK(info.reuse_distance->p99 == 3);
  CHECK(info.working_sets.empty());
}

TEST_CASE("without a repetition there is no distance") {
  AccessSummary summary;
  summary.add(EntryId{0}, 1);
  summary.add(EntryId{1}, 1);
  TraceInfo info;
  summary.put_into(info);
  CHECK(!info.reuse_distance);
  CHECK(info.reused == 0);
}

TEST_CASE("working sets are those of whole stretches") {
  AccessSummary summary;
  // 1000 accesses to 10 objects, 1000 to 20 others, and a rest that is not whole.
  for (std::uint32_t i = 0; i < 1000; ++i) summary.add(EntryId{i % 10}, 4);
  for (std::uint32_t i = 0; i < 1000; ++i) summary.add(EntryId{10 + i % 20}, 4);
  for (std::uint32_t i = 0; i < 500; ++i) summary.add(EntryId{30 + i}, 4);
  TraceInfo info;
  summary.put_into(info);
  REQUIRE(info.working_sets.size() == 1);
  CHECK(info.working_sets[0].accesses == 1000);
  CHECK(info.working_sets[0].mean_objects == 15);
  CHECK(info.working_sets[0].max_objects == 20);
  CHECK(info.working_sets[0].mean_bytes == 60);
  CHECK(info.working_sets[0].max_bytes == 80);
}

TEST_CASE("gaps between arrivals") {
  ArrivalSummary summary;
  for (const auto at : {5s, 6s, 8s, 9s, 11s}) summary.add(at);
  TraceInfo info;
  summary.put_into(info);
  CHECK(info.duration == 6s);
  REQUIRE(info.inter_arrival);
  CHECK(info.inter_arrival->mean_ns == 1.5e9);
  CHECK(info.inter_arrival->cv == doctest::Approx(1.0 / 3));
  CHECK(static_cast<double>(info.inter_arrival->ns.p50) == doctest::Approx(1e9).epsilon(0.01));
  CHECK(static_cast<double>(info.inter_arrival->ns.p99) == doctest::Approx(2e9).epsilon(0.01));
}

TEST_CASE("one arrival has no gap") {
  ArrivalSummary summary;
  summary.add(3s);
  TraceInfo info;
  summary.put_into(info);
  CHECK(info.duration == 0s);
  CHECK(!info.inter_arrival);
}
