// SPDX-License-Identifier: Apache-2.0
#include "result/tier_check_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

using namespace cachebench;

TEST_CASE("checks of tiers come back as they were written") {
  const std::vector<result::TierCheck> checks{{.tier = "L1",
                                               .count = 3,
                                               .predicted_ns = 900,
                                               .measured_ns = 1000,
                                               .predicted_p50_ns = 300,
                                               .measured_p50_ns = 310},
                                              {.tier = "L2", .count = 1, .left_out = "the link is too fast"}};
  nlohmann::ordered_json document{{"model_check_tiers", result::tier_checks_to_json(checks)}};
  CHECK(document["model_check_tiers"][0]["total_error_ratio"].get<double>() == doctest::Approx(1.0 / 9));
  CHECK(document["model_check_tiers"][1]["p50_error_ratio"].is_null());
  CHECK(result::tier_checks_from_json({document, "x.json"}) == checks);
  document["model_check_tiers"][0].erase("left_out");
  CHECK_THROWS_WITH_AS((void)result::tier_checks_from_json({document, "x.json"}),
                       doctest::Contains("left_out"), Error);
}

TEST_CASE("an older document has none") {
  const nlohmann::ordered_json document = nlohmann::ordered_json::object();
  CHECK(result::tier_checks_from_json({document, "x.json"}).empty());
}
