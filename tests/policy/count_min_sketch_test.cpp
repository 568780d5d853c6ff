// SPDX-License-Identifier: Apache-2.0
#include "policy/count_min_sketch.h"

#include <doctest.h>

#include <map>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

// Skewed ids, counted in the sketch and exactly.
std::map<std::uint32_t, std::uint32_t> fill(CountMinSketch& sketch, std::uint32_t ids, int adds) {
  std::map<std::uint32_t, std::uint32_t> exact;
  Rng rng(7);
  for (int i = 0; i < adds; ++i) {
    const auto id = static_cast<std::uint32_t>(rng.below(1 + rng.below(ids)));
    sketch.add(EntryId{id});
    ++exact[id];
  }
  return exact;
}

}  // namespace

TEST_CASE("a sketch with room to spare counts exactly") {
  CountMinSketch sketch(1'000);
  for (const auto& [id, count] : fill(sketch, 100, 5'000)) CHECK(sketch.estimate(EntryId{id}) == count);
  CHECK(sketch.estimate(EntryId{4'000'000'000U}) == 0);
}

TEST_CASE("a crowded sketch is never too low and mostly near") {
  CountMinSketch sketch(1'000, 4);
  std::uint64_t too_much = 0;
  const auto exact = fill(sketch, 2'000, 20'000);
  for (const auto& [id, count] : exact) {
    const std::uint32_t estimate = sketch.estimate(EntryId{id});
    REQUIRE(estimate >= count);
    too_much += estimate - count;
  }
  // A row of 1440 counters holds 14 a counter of others; the least of four is below that on average.
  CHECK(too_much < 14 * exact.size());
}

TEST_CASE("halving rounds every count down") {
  CountMinSketch sketch(1'000);
  for (int i = 0; i < 7; ++i) sketch.add(EntryId{1});
  sketch.add(EntryId{2});
  sketch.halve();
  CHECK(sketch.estimate(EntryId{1}) == 3);
  CHECK(sketch.estimate(EntryId{2}) == 0);
}

TEST_CASE("counters stop at their end instead of wrapping") {
  CountMinSketch sketch(1, 1);
  for (int i = 0; i < 70'000; ++i) sketch.add(EntryId{5});
  CHECK(sketch.estimate(EntryId{5}) == 65'535);
}

TEST_CASE("a sketch for nothing still works, and memory follows what it was made for") {
  CountMinSketch none(0, 0);
  none.add(EntryId{3});
  CHECK(none.estimate(EntryId{3}) == 1);
  CHECK(CountMinSketch(10'000).bytes() == 10'000 * 144 / 100 * 10 * 2);
}
