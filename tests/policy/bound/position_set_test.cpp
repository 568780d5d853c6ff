// SPDX-License-Identifier: Apache-2.0
#include "policy/bound/position_set.h"

#include <doctest.h>

#include <set>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("a position set against std::set at several sizes") {
  for (const std::size_t count : {1UL, 2UL, 63UL, 64UL, 65UL, 4096UL, 4097UL, 300'000UL}) {
    CAPTURE(count);
    PositionSet positions(count);
    std::set<std::size_t> slow;
    Rng rng(count);
    for (int i = 0; i < 4'000; ++i) {
      const std::size_t at = rng.below(count);
      if (rng.below(2) == 0) {
        positions.insert(at);
        slow.insert(at);
      } else {
        positions.erase(at);
        slow.erase(at);
      }
      if (i % 16 == 0 && !slow.empty()) {  // so that it empties from the end as bounds do
        positions.erase(*slow.rbegin());
        slow.erase(*slow.rbegin());
      }
      REQUIRE(positions.contains(at) == slow.contains(at));
      REQUIRE(positions.last().has_value() == !slow.empty());
      if (!slow.empty()) REQUIRE(*positions.last() == *slow.rbegin());
      const auto next = slow.lower_bound(at);
      const auto previous = positions.previous(at);
      REQUIRE(previous.has_value() == (next != slow.begin()));
      if (previous) REQUIRE(*previous == *std::prev(next));
    }
  }
}

TEST_CASE("a position set without positions is empty") {
  CHECK_FALSE(PositionSet(0).last().has_value());
  CHECK_FALSE(PositionSet(5).last().has_value());
  CHECK_FALSE(PositionSet(5).previous(4).has_value());
}
