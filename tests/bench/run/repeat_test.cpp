// SPDX-License-Identifier: Apache-2.0
#include "bench/run/repeat.h"

#include <doctest.h>

#include <nlohmann/json.hpp>

#include "bench/run/run_builder.h"

namespace cachebench::bench {
namespace {

TEST_CASE("the interval of the median follows the binomial bounds") {
  CHECK_FALSE(median_interval({1, 2, 3, 4, 5}).has_value());
  const auto six = median_interval({6, 1, 5, 2, 4, 3});  // P(all above) = 1/64: the extremes
  REQUIRE(six.has_value());
  CHECK(six->low == 1);
  CHECK(six->median == 3.5);
  CHECK(six->high == 6);
  const auto nine = median_interval({9, 8, 7, 6, 5, 4, 3, 2, 1});  // P(at most one) = 10/512 < 2.5%
  REQUIRE(nine.has_value());
  CHECK(nine->low == 2);
  CHECK(nine->median == 5);
  CHECK(nine->high == 8);
}

TEST_CASE("a repeated run is one of its runs and lists them all") {
  testing::SmallRun run;
  run.config.load.repeat = 3;
  const result::RunResult result = run_repeatedly(run.inputs());
  const auto manifest = nlohmann::json::parse(result.manifest);
  REQUIRE(manifest.at("repeats").size() == 3);
  bool found = false;
  for (const auto& repeat : manifest.at("repeats"))
    found = found || repeat.at("elapsed_ns") == result.totals.elapsed_ns;
  CHECK(found);
}

TEST_CASE("one run lists no repeats") {
  testing::SmallRun run;
  CHECK_FALSE(nlohmann::json::parse(run_repeatedly(run.inputs()).manifest).contains("repeats"));
}

}  // namespace
}  // namespace cachebench::bench
