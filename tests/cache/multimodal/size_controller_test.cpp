// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/size_controller.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/error.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

MemoryPressure reading(std::optional<double> waiting, std::optional<double> available) {
  MemoryPressure pressure{.waiting = waiting, .total = {}, .available = {}};
  if (available) {
    pressure.total = Bytes{1'000'000};
    pressure.available = Bytes{static_cast<std::uint64_t>(*available * 1'000'000)};
  }
  return pressure;
}

}  // namespace

TEST_CASE("the share goes down under pressure, up without, stays between, and never leaves its bounds") {
  const SizeRules rules{.min_share = 0.3, .max_share = 0.9};
  SizeController controller(rules);
  CHECK(controller.share() == 0.9);
  CHECK(controller.update(reading(0.5, 0.5)) == doctest::Approx(0.775));
  CHECK(controller.update(reading(0.05, 0.5)) == doctest::Approx(0.775));  // between the marks of waiting
  CHECK(controller.update(reading(0.0, 0.10)) == doctest::Approx(0.775));  // between those of memory
  CHECK(controller.update(reading({}, {})) == doctest::Approx(0.775));     // nothing is known
  CHECK(controller.update(reading({}, 0.04)) == doctest::Approx(0.65));
  CHECK(controller.update(reading(0.0, 0.5)) == doctest::Approx(0.7125));
  CHECK(controller.update(reading(0.0, {})) == doctest::Approx(0.775));
  for (int i = 0; i < 20; ++i) controller.update(reading(1.0, 0.0));
  CHECK(controller.share() == 0.3);
  for (int i = 0; i < 20; ++i) controller.update(reading(0.0, 1.0));
  CHECK(controller.share() == 0.9);
}

TEST_CASE("readings that swing between the marks move nothing") {
  SizeController controller({});
  controller.update(reading(0.2, 0.5));
  const double before = controller.share();
  Rng rng(4);
  for (int i = 0; i < 1000; ++i) {
    controller.update(reading(0.02 + 0.07 * rng.uniform(), 0.06 + 0.08 * rng.uniform()));
    REQUIRE(controller.share() == before);
  }
}

TEST_CASE("rules that make no sense are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const SizeRules& rules :
       {SizeRules{.min_share = 0}, SizeRules{.min_share = 0.9, .max_share = 0.5}, SizeRules{.max_share = 1.1},
        SizeRules{.shrink_step = 0}, SizeRules{.grow_step = nan}, SizeRules{.shrink_waiting = 0.001},
        SizeRules{.shrink_available = 0.2}, SizeRules{.min_share = nan}})
    CHECK_THROWS_AS(SizeController{rules}, Error);
}
