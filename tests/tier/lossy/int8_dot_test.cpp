// SPDX-License-Identifier: Apache-2.0
#include "tier/lossy/int8_dot.h"

#include <doctest/doctest.h>

#include <vector>

#include "support/int8_codes.h"

namespace cachebench::tier {
TEST_CASE("sums are those of the plain loop, at every length and level") {
  for (const std::size_t count : {0U, 1U, 3U, 31U, 32U, 33U, 64U, 768U, 1000U, 4099U}) {
    const std::vector<std::int8_t> a = testing::int8_codes(count, count);
    const std::vector<std::int8_t> b = testing::int8_codes(count, count + 1);
    std::int64_t expected = 0;
    for (std::size_t i = 0; i < count; ++i) expected += std::int64_t{a[i]} * b[i];
    for (const SimdLevel level : {SimdLevel::kScalar, SimdLevel::kAvx2}) {
      if (is_supported(level)) CHECK(int8_dot(a, b, level) == expected);
    }
  }
}

TEST_CASE("the longest row of the largest codes does not overflow") {
  const std::vector<std::int8_t> least(131'071, -128);
  for (const SimdLevel level : {SimdLevel::kScalar, SimdLevel::kAvx2}) {
    if (is_supported(level)) CHECK(int8_dot(least, least, level) == 131'071 * 16'384);
  }
}

}  // namespace cachebench::tier
