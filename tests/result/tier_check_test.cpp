// SPDX-License-Identifier: Apache-2.0
#include "result/tier_check.h"

#include <doctest/doctest.h>

using namespace cachebench;

TEST_CASE("errors are shares of what was predicted, and none without a prediction") {
  const result::TierCheck check{
      .predicted_ns = 200, .measured_ns = 150, .predicted_p50_ns = 10, .measured_p50_ns = 12};
  CHECK(check.total_error() == doctest::Approx(-0.25));
  CHECK(check.p50_error() == doctest::Approx(0.2));
  CHECK(!result::TierCheck{.measured_ns = 5}.total_error());
  CHECK(!result::TierCheck{.measured_p50_ns = 5}.p50_error());
}
