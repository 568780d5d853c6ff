// SPDX-License-Identifier: Apache-2.0
#include "result/roofline_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/sample_roofline.h"

using namespace cachebench;
using namespace cachebench::result;

TEST_CASE("the bound is the serial time over what the busiest resource needs") {
  const Roofline roofline = test::sample_roofline();
  CHECK(roofline.serial_ns() == 4'000'000'000);
  REQUIRE(roofline.limit() != nullptr);
  CHECK(roofline.limit()->name == "cpu cores");
  CHECK(roofline.speedup_bound().value() == doctest::Approx(2.0));
  CHECK(roofline.speedup_reached().value() == doctest::Approx(1.6));
  CHECK(roofline.reached_ratio().value() == doctest::Approx(0.8));
}

TEST_CASE("computing is held against both peaks") {
  RooflineCompute compute = *test::sample_roofline().compute;
  CHECK(compute.flops_per_second().value() == doctest::Approx(2e9));
  CHECK(compute.roof_ns().value() == doctest::Approx(6e8));
  CHECK(std::string(compute.limited_by()) == "arithmetic");
  compute.peak_bytes_per_second = 1e9;
  CHECK(compute.roof_ns().value() == doctest::Approx(3e9));
  CHECK(std::string(compute.limited_by()) == "memory");
  compute.peak_bytes_per_second = 0;
  CHECK(!compute.roof_ns().has_value());
}

TEST_CASE("where nothing was busy there is no bound") {
  const Roofline none;
  CHECK(none.limit() == nullptr);
  CHECK(!none.speedup_bound().has_value());
  CHECK(!none.reached_ratio().has_value());
  CHECK(!none.speedup_reached().has_value());
  const nlohmann::ordered_json json = roofline_to_json(none);
  CHECK(json["limit"].is_null());
  CHECK(json["compute"].is_null());
}

TEST_CASE("a roofline is read as it was written") {
  const nlohmann::ordered_json json = roofline_to_json(test::sample_roofline());
  CHECK(json["limit"] == "cpu cores");
  CHECK(json["resources"][0]["least_ns"] == 2e9);
  CHECK(roofline_from_json({json, "x.json"}) == test::sample_roofline());
  CHECK(roofline_from_json({roofline_to_json({}), "x.json"}) == Roofline{});
}
