// SPDX-License-Identifier: Apache-2.0
#include "hardware/plan_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace cachebench::hardware;

TEST_CASE("every number is printed with its unit and reason, in both forms") {
  HardwarePlan plan;
  plan.add("a.size", 3 << 20, "bytes", "because");
  plan.add("b.time", 1'060'000, "ns", "why not");
  plan.add("c.count", 7, "threads", "so many");
  plan.add("d.word", "none", "not needed");
  const std::string text = plan_text(plan);
  CHECK(text.find("3.00 MiB") != std::string::npos);
  CHECK(text.find("1.06 ms") != std::string::npos);
  CHECK(text.find("not needed") != std::string::npos);
  const auto json = plan_json(plan);
  REQUIRE(json.size() == 4);
  CHECK(json[0] == nlohmann::ordered_json{
                       {"name", "a.size"}, {"value", 3 << 20}, {"unit", "bytes"}, {"reason", "because"}});
  CHECK(json[3]["value"] == "none");
  CHECK(json[3]["unit"].is_null());
  CHECK(plan_json({}).is_array());
}
