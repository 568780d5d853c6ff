// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/lru_curve.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/rng.h"
#include "policy/one_tier/replay.h"

namespace {

using namespace cachebench;
using policy::AccessColumns;

enum class Sizes { kUnit, kUniform, kDifferent, kWithZero };

AccessColumns random_trace(std::uint64_t seed, Sizes sizes) {
  Rng rng(seed);
  const auto objects = static_cast<std::uint32_t>(1 + rng.below(40));
  const std::size_t accesses = 1 + rng.below(600);
  AccessColumns columns;
  std::vector<std::uint32_t> numbers(objects, UINT32_MAX);
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < accesses; ++i) {
    const auto object = static_cast<std::uint32_t>(rng.below(1 + rng.below(objects)));
    if (numbers[object] == UINT32_MAX) numbers[object] = next++;
    const std::uint64_t varied = 1 + splitmix64(object + seed) % 9;
    if (sizes == Sizes::kUnit) columns.append_unit(numbers[object]);
    if (sizes == Sizes::kUniform) columns.append(numbers[object], 7);
    if (sizes == Sizes::kDifferent) columns.append(numbers[object], varied);
    if (sizes == Sizes::kWithZero) columns.append(numbers[object], varied - 1);
  }
  return columns;
}

TEST_CASE("one pass gives what replays give, at every capacity") {
  for (const Sizes sizes : {Sizes::kUnit, Sizes::kUniform, Sizes::kDifferent, Sizes::kWithZero}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const AccessColumns columns = random_trace(seed, sizes);
      std::vector<std::uint64_t> capacities;
      for (std::uint64_t c = 0; c <= columns.bytes_distinct().value + 2; ++c) capacities.push_back(c);
      const auto curve = bench::lru_curve(columns, capacities);
      REQUIRE(curve.size() == capacities.size());
      for (std::size_t i = 0; i < capacities.size(); ++i) {
        const auto exact =
            policy::replay_one_tier({columns, Bytes{capacities[i]}}, {.name = "lru", .values = {}}, 1);
        CAPTURE(static_cast<int>(sizes));
        CAPTURE(seed);
        CAPTURE(capacities[i]);
        CHECK(curve[i].misses == exact.misses);
        CHECK(curve[i].bytes_missed == exact.bytes_missed);
        CHECK(curve[i].accesses == exact.accesses);
        CHECK(curve[i].bytes_requested == exact.bytes_requested);
      }
    }
  }
}

TEST_CASE("places are numbered anew without losing any, on a longer trace") {
  AccessColumns columns;
  for (std::uint32_t i = 0; i < 700; ++i) columns.append(i, 1 + i % 13);
  Rng rng(3);
  for (int i = 0; i < 50'000; ++i) {
    const auto id = static_cast<std::uint32_t>(rng.below(700));
    columns.append(id, 1 + id % 13);
  }
  const std::vector<std::uint64_t> capacities{20, 4000, 500, 2000, 500};  // in any order, repeated
  const auto curve = bench::lru_curve(columns, capacities);
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    CHECK(curve[i].misses ==
          policy::replay_one_tier({columns, Bytes{capacities[i]}}, {.name = "lru", .values = {}}, 1).misses);
  }
}

TEST_CASE("the capacities of a curve ascend from the largest object to the working set") {
  const AccessColumns columns = random_trace(4, Sizes::kDifferent);
  const auto capacities = bench::curve_capacities(columns);
  CHECK(capacities.back() == columns.bytes_distinct().value);
  for (std::size_t i = 1; i < capacities.size(); ++i) CHECK(capacities[i] > capacities[i - 1]);
}

TEST_CASE("objects that change their size have no such curve") {
  AccessColumns columns;
  columns.append(0, 5);
  columns.append(0, 6);
  CHECK_THROWS_AS((void)bench::lru_curve(columns, {10}), Error);
}

}  // namespace
