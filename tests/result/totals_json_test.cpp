// SPDX-License-Identifier: Apache-2.0
#include "result/totals_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("totals come back as they were written, with every key of the contract") {
  const result::Totals totals = test::sample_result().totals;
  const Json json = result::totals_to_json(totals);
  for (const char* key :
       {"requests",           "accesses",       "hits",           "covered",     "misses",
        "hit_ratio",          "served_ratio",   "similar_hits",   "joined_hits", "bytes_requested",
        "bytes_hit",          "byte_hit_ratio", "evictions",      "promotions",  "demotions",
        "saved_ns",           "service_ns",     "verified_bytes", "wrong_bytes", "elapsed_ns",
        "accesses_per_second"}) {
    CAPTURE(key);
    CHECK(json.contains(key));
  }
  CHECK(result::totals_from_json(result::JsonReader(json, "f")) == totals);
}

TEST_CASE("each contract count must be there to be read") {
  const Json whole = result::totals_to_json(test::sample_result().totals);
  int required = 0;
  for (const auto& [key, value] : whole.items()) {
    Json cut = whole;
    cut.erase(key);
    try {
      (void)result::totals_from_json(result::JsonReader(cut, "f"));
    } catch (const Error& error) {
      CHECK(std::string(error.what()) == "f: key '" + key + "' is missing");
      ++required;
    }
  }
  CHECK(required == 17);  // all but the ratios, the rate and bytes_missed
}

TEST_CASE("absent numbers are null, and integers that JSON cannot hold are refused") {
  CHECK(result::number_or_null(std::nullopt).is_null());
  CHECK(result::number_or_null(0.5) == 0.5);
  result::require_exact_integers({{"a", result::kMaxExactInteger}, {"b", -5}});
  for (const Json& bad :
       {Json{{"a", {{"b", result::kMaxExactInteger + 1}}}}, Json{{"a", {{"b", INT64_MIN}}}}}) {
    try {
      result::require_exact_integers(bad);
      FAIL("not thrown");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kInput);
      CHECK(std::string(error.what()).find("/a/b") != std::string::npos);
    }
  }
}

TEST_CASE("there is no quotient without a whole, and no rate without time") {
  CHECK(result::quotient(1, 4).value() == 0.25);
  CHECK_FALSE(result::quotient(1, 0).has_value());
  CHECK_FALSE(result::quotient(1, -1).has_value());
  CHECK(result::per_second(3, 500'000'000).value() == 6);
  CHECK(result::per_second(0, 5).value() == 0);
  CHECK_FALSE(result::per_second(3, 0).has_value());
}

TEST_CASE("opaque parts must be objects") {
  CHECK(result::parse_opaque(R"({"a":1})", "config")["a"] == 1);
  CHECK_THROWS_AS((void)result::parse_opaque("[1]", "config"), Error);
  CHECK_THROWS_AS((void)result::parse_opaque("{", "config"), Error);
}

}  // namespace
