// SPDX-License-Identifier: Apache-2.0
#include "result/bounds.h"

#include <doctest/doctest.h>

#include "result/run_result.h"

namespace {

using namespace cachebench;

TEST_CASE("what a policy reached is set against what could be reached") {
  result::Totals totals;
  totals.accesses = 100;
  totals.hits = 30;
  totals.covered = 15;
  totals.misses = 55;
  totals.saved_ns = 60;
  result::Bounds bounds{.method = "tiered", .compulsory_misses = 40, .saved_ns = 80};
  CHECK(bounds.reachable_ratio(totals).value() == doctest::Approx(0.75));
  CHECK(bounds.regret_ratio(totals).value() == doctest::Approx(0.25));
  totals.saved_ns = -20;  // a cache can cost more than it saves
  CHECK(bounds.regret_ratio(totals).value() == doctest::Approx(1.25));
}

TEST_CASE("a share without a denominator is absent") {
  const result::Totals totals{.requests = 1, .accesses = 40, .misses = 40};
  result::Bounds bounds{.method = "tiered", .compulsory_misses = 40};
  CHECK(!bounds.reachable_ratio(totals));
  CHECK(!bounds.regret_ratio(totals));
  bounds.saved_ns = 0;
  CHECK(!bounds.regret_ratio(totals));
  bounds.compulsory_misses = 41;  // of another run: nothing to say
  CHECK(!bounds.reachable_ratio(totals));
}

}  // namespace
