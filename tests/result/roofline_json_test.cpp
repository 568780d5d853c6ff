// SPDX-License-Identifier: Apache-2.0
#include "result/roofline_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

using namespace cachebench;
using namespace cachebench::result;

namespace {

// Four seconds of work, three of them computing on two cores: two seconds at best.
Roofline sample() {
  return {.elapsed_ns = 2'500'000'000,
          .stages = {{.name = "load",
                      .resource = "ssd read",
                      .basis = "measured",
                      .busy_ns = 1'000'000'000,
                      .cpu_ns = 100'000'000},
                     {.name = "compute",
                      .resource = "cpu cores",
                      .basis = "measured",
                      .busy_ns = 3'000'000'000,
                      .cpu_ns = 3'000'000'000}},
          .resources = {{.name = "cpu cores", .basis = "measured", .units = 2, .busy_ns = 4'000'000'000},
                        {.name = "link up", .basis = "emulated", .units = 1, .busy_ns = 500'000'000},
                        {.name = "ssd read", .basis = "modelled", .units = 1, .busy_ns = 9'000'000'000}},
          .compute = RooflineCompute{.basis = "measured",
                                     .flops = 6'000'000'000,
                                     .bytes = 3'000'000'000,
                                     .busy_ns = 3'000'000'000,
                                     .peak_flops_per_second = 1e10,
                                     .peak_bytes_per_second = 1.5e10}};
}

}  // namespace

TEST_CASE("the bound is the serial time over what the busiest resource needs") {
  const Roofline roofline = sample();
  CHECK(roofline.serial_ns() == 4'000'000'000);
  REQUIRE(roofline.limit() != nullptr);
  CHECK(roofline.limit()->name == "cpu cores");
  CHECK(roofline.speedup_bound().value() == doctest::Approx(2.0));
  CHECK(roofline.speedup_reached().value() == doctest::Approx(1.6));
  CHECK(roofline.reached_ratio().value() == doctest::Approx(0.8));
}

TEST_CASE("computing is held against both peaks") {
  RooflineCompute compute = *sample().compute;
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
  const nlohmann::ordered_json json = roofline_to_json(sample());
  CHECK(json["limit"] == "cpu cores");
  CHECK(json["resources"][0]["least_ns"] == 2e9);
  CHECK(roofline_from_json({json, "x.json"}) == sample());
  CHECK(roofline_from_json({roofline_to_json({}), "x.json"}) == Roofline{});
}
