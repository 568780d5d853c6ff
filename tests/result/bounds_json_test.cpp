// SPDX-License-Identifier: Apache-2.0
#include "result/bounds_json.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("bounds come back as they were written, with the ratios beside them") {
  const result::RunResult sample = test::sample_result();
  const Json json = result::bounds_to_json(*sample.bounds, sample.totals);
  CHECK(result::bounds_from_json(result::JsonReader(json, "f")) == *sample.bounds);
  CHECK(json["basis"] == "modelled");
  CHECK(json["belady_misses"].is_null());
  CHECK(json["regret_ratio"].get<double>() == doctest::Approx((515.0 - 412.3) / 515.0));
  CHECK(json["reachable_ratio"].get<double>() == doctest::Approx(22'600.0 / 28'100.0));
  const Json bare = result::bounds_to_json(result::Bounds{}, result::Totals{});
  CHECK(bare["regret_ratio"].is_null());
  CHECK(bare["compulsory_ratio"].is_null());
  CHECK(result::bounds_from_json(result::JsonReader(bare, "f")) == result::Bounds{});
}

TEST_CASE("damaged bounds are refused by name") {
  const Json cut = Json::parse(R"({"compulsory_misses": 3, "worth_ns_per_byte": {"L1": "much"}})");
  CHECK_THROWS_WITH_AS((void)result::bounds_from_json(result::JsonReader(cut, "f")),
                       "f: key 'worth_ns_per_byte' has a member 'L1' that is not a number", Error);
  CHECK_THROWS_WITH_AS((void)result::bounds_from_json(result::JsonReader(Json::object(), "f")),
                       "f: key 'compulsory_misses' is missing", Error);
}

TEST_CASE("prefetch outcomes come back, and each must be there") {
  const result::Prefetch prefetch = *test::sample_result().prefetch;
  const Json whole = result::prefetch_to_json(prefetch);
  CHECK(result::prefetch_from_json(result::JsonReader(whole, "f")) == prefetch);
  CHECK(whole.size() == result::kPrefetchEnds.size() + 1);
  for (const auto& [key, value] : whole.items()) {
    Json cut = whole;
    cut.erase(key);
    CHECK_THROWS_AS((void)result::prefetch_from_json(result::JsonReader(cut, "f")), Error);
  }
}

TEST_CASE("facts that are no numbers become null and are left out when read") {
  const std::map<std::string, double> facts = {{"a", 1.5},
                                               {"b", std::numeric_limits<double>::infinity()},
                                               {"c", std::numeric_limits<double>::quiet_NaN()}};
  const Json json = {{"facts", result::facts_to_json(facts)}};
  CHECK(json.dump() == R"({"facts":{"a":1.5,"b":null,"c":null}})");
  CHECK(result::facts_from_json(result::JsonReader(json, "f"), "facts") ==
        std::map<std::string, double>{{"a", 1.5}});
  CHECK(result::facts_from_json(result::JsonReader(json, "f"), "absent").empty());
}

}  // namespace
