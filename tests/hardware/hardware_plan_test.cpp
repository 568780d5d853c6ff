// SPDX-License-Identifier: Apache-2.0
#include "hardware/hardware_plan.h"

#include <doctest/doctest.h>

using namespace cachebench::hardware;

TEST_CASE("items keep their order, numbers and words apart") {
  HardwarePlan plan;
  plan.add("first", 5, "bytes", "r");
  plan.add("second", "word", "s");
  REQUIRE(plan.items.size() == 2);
  CHECK(std::get<std::uint64_t>(plan.items[0].value) == 5);
  CHECK(plan.items[0].unit == "bytes");
  CHECK(std::get<std::string>(plan.items[1].value) == "word");
  CHECK(plan.items[1].unit.empty());
}

TEST_CASE("the model's figures add up to its file") {
  const ModelFigures model = qwen3_vl_2b_figures();
  CHECK((model.vision_weights + model.text_weights).value == 4'255'064'064);
  CHECK(model.typical_entry == cachebench::kMiB * 4);
}
