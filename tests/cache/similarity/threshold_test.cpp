// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/threshold.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::cache;

TEST_CASE("a threshold is the largest distance that reaches it") {
  CHECK(max_distance_of(1.0) == 0);
  CHECK(max_distance_of(0.9) == 6);
  CHECK(max_distance_of(0.875) == 8);
  CHECK(max_distance_of(0.5) == 32);
  CHECK(max_distance_of(0.0) == 64);
}

TEST_CASE("distance to similarity and back") {
  CHECK(similarity_of(0) == 1.0);
  CHECK(similarity_of(64) == 0.0);
  for (int distance = 0; distance <= 64; ++distance) {
    CHECK(max_distance_of(similarity_of(distance)) == distance);
  }
}

TEST_CASE("what is no share is refused") {
  for (const double bad :
       {-0.01, 1.01, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS((void)max_distance_of(bad), Error);
  }
}
