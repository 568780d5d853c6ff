// SPDX-License-Identifier: Apache-2.0
#include "policy/migration.h"

#include <doctest.h>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

TierLayout three() {
  TierLayout layout;
  layout.capacity = {Bytes{100}, Bytes{50}, Bytes{1'000}};
  layout.count = 3;
  return layout;
}

}  // namespace

TEST_CASE("sets of tiers") {
  LevelSet set{Level::kL2, Level::kL3};
  CHECK(set.top() == Level::kL2);
  set.remove(Level::kL2);
  CHECK(set.top() == Level::kL3);
  CHECK_FALSE(set.has(Level::kL2));
  set.remove(Level::kL3);
  CHECK(set.empty());
  CHECK(set.top() == Level::kNone);
}

TEST_CASE("the next tier that an entry fits in, downwards and upwards") {
  const TierLayout layout = three();
  CHECK(next_lower(layout, Level::kL1, Bytes{50}) == Level::kL2);
  CHECK(next_lower(layout, Level::kL1, Bytes{51}) == Level::kL3);
  CHECK_FALSE(next_lower(layout, Level::kL1, Bytes{1'001}).has_value());
  CHECK_FALSE(next_lower(layout, Level::kL3, Bytes{1}).has_value());
  CHECK(uppermost_above(layout, Level::kL3, Bytes{100}) == Level::kL1);
  CHECK(uppermost_above(layout, Level::kL3, Bytes{101}) == Level::kNone);
  CHECK(uppermost_above(layout, Level::kL1, Bytes{1}) == Level::kNone);
}

TEST_CASE("unknown migration policies and parameters") {
  CHECK_THROWS_WITH_AS(static_cast<void>(make_migration({"demote-on-evit", {}}, three())),
                       doctest::Contains("demote-on-evict"), Error);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(make_migration({"seed-threshold", {{"prediction_threshold", 1.5}}}, three())),
      doctest::Contains("prediction_threshold"), Error);
}
