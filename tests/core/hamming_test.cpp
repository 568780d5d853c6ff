// SPDX-License-Identifier: Apache-2.0
#include "core/hamming.h"

#include <doctest/doctest.h>

using namespace cachebench;

TEST_CASE("the distance counts differing bits") {
  CHECK(hamming_distance(0, 0) == 0);
  CHECK(hamming_distance(0, ~std::uint64_t{0}) == kCodeBits);
  CHECK(hamming_distance(0b1011, 0b0010) == 2);
  for (int bit = 0; bit < kCodeBits; ++bit) CHECK(hamming_distance(0, std::uint64_t{1} << bit) == 1);
}
