// SPDX-License-Identifier: Apache-2.0
#include "result/sweep_summary.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/sample_sweep.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("the heat map holds the mean over everything else, policies upright") {
  const result::SweepResult sweep = test::sample_sweep();
  const auto heat = result::heat_map(sweep);
  REQUIRE(heat.has_value());
  CHECK(heat->y_axis == "cache.tiers[*].eviction.policy");
  CHECK(heat->x_axis == "cache.tiers.0.capacity");
  CHECK(heat->y.size() == test::kSamplePolicies.size());
  CHECK(heat->x == std::vector<std::string>{"1%", "5%", "20%"});
  double sum = 0;
  for (const auto& point : sweep.points) {
    const bool here = point.policy == "lfu" && result::axis_value(point, heat->x_axis) == "5%";
    if (here) sum += static_cast<double>(point.totals.saved_ns);
  }
  CHECK(*heat->cells[1][1] == doctest::Approx(sum / 3));
}

TEST_CASE("a short sweep needs no axes, bounds take no part, and one policy has no map") {
  result::SweepResult sweep = test::sample_short_sweep();
  sweep.axes.clear();
  for (auto& point : sweep.points) point.axes.clear();
  const auto heat = result::heat_map(sweep);
  REQUIRE(heat.has_value());
  CHECK(heat->x == std::vector<std::string>{"10", "100", "1000", "5000"});
  for (const std::string& name : heat->y) CHECK(name != "belady");
  CHECK(*heat->cells[0][0] == doctest::Approx(1.0 - 0.71 * 0.3).epsilon(0.001));
  sweep.points.resize(1);
  CHECK_FALSE(result::heat_map(sweep).has_value());
  CHECK_FALSE(result::heat_map(result::SweepResult{}).has_value());
}

TEST_CASE("kinds add up over the points of a candidate, the best candidate first") {
  const result::SweepResult sweep = test::sample_sweep();
  const auto kinds = result::kinds_by_candidate(sweep);
  REQUIRE(kinds.size() == test::kSamplePolicies.size());
  CHECK(kinds.front().first == result::rank_candidates(sweep).front().name);
  for (const auto& [name, sums] : kinds) {
    std::int64_t saved = 0;
    std::int64_t expected = 0;
    for (const auto& [kind, sum] : sums) saved += sum.saved_ns;
    for (const auto& point : sweep.points) {
      if (point.policy == name) expected += point.totals.saved_ns;
    }
    CHECK(saved == expected);
  }
}

TEST_CASE("the document has its keys, also for nothing") {
  const Json full = result::sweep_summary_to_json(test::sample_sweep());
  CHECK(full["counts"]["complete"] == 81);
  CHECK(full["ranking"].size() == test::kSamplePolicies.size());
  CHECK(full["pareto"].size() == 27);
  CHECK(full["heat_map"]["cells"].size() == full["heat_map"]["y"].size());
  CHECK(full["candidate_kinds"][0]["kinds"].contains("kv_block"));
  const Json empty = result::sweep_summary_to_json(result::SweepResult{});
  CHECK(empty["ranking"].empty());
  CHECK(empty["heat_map"].is_null());
}

}  // namespace
