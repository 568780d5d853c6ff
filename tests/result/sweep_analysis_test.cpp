// SPDX-License-Identifier: Apache-2.0
#include "result/sweep_analysis.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace {

using namespace cachebench;
using result::SweepMetric;
using result::SweepPoint;
using result::SweepResult;

const std::string kPolicyPath = "cache.tiers[*].eviction.policy";
const std::string kSizePath = "cache.tiers[0].capacity";

SweepPoint point(const std::string& policy, const std::string& size, std::int64_t saved,
                 const std::string& seed = "1", const std::string& slice = "") {
  SweepPoint made{.policy = policy, .capacity = 1};
  made.axes = {{kPolicyPath, policy}, {kSizePath, size}, {"seed", seed}};
  if (!slice.empty()) made.axes[result::kSliceAxis] = slice;
  made.totals = {.accesses = 100, .hits = 40, .misses = 60, .saved_ns = saved};
  made.l1_bytes = size == "small" ? 10 : 20;
  return made;
}

SweepResult grid(std::vector<SweepPoint> points) {
  SweepResult sweep;
  sweep.metric = SweepMetric::kSavedTime;
  sweep.axes = {{kPolicyPath, {"lru", "fifo", "lfu"}}, {kSizePath, {"small", "large"}}, {"seed", {"1", "2"}}};
  sweep.points = std::move(points);
  return sweep;
}

TEST_CASE("candidates of a grid are its policies, compared on the cells that all have") {
  const SweepResult sweep =
      grid({point("lru", "small", 100), point("lru", "large", 200), point("fifo", "small", 120),
            point("fifo", "large", 210), point("lfu", "small", 90), point("lfu", "large", 220)});
  const auto ranked = result::rank_candidates(sweep);
  REQUIRE(ranked.size() == 3);
  CHECK(ranked[0].name == "fifo");
  CHECK(ranked[0].score == doctest::Approx(165));
  CHECK(ranked[0].cells == 2);
  CHECK(ranked[0].cells_won == 1);
  CHECK(ranked[0].worst_behind == doctest::Approx(10.0 / 220));
  CHECK(ranked[1].name == "lfu");
  CHECK(ranked[1].worst_behind == doctest::Approx(0.25));
  CHECK(ranked[2].name == "lru");
  const auto made = result::recommend(sweep);
  REQUIRE(made);
  CHECK(made->policy == "fifo");
  CHECK(made->runner_up == "lfu");
  CHECK(*made->margin == doctest::Approx(10.0 / 155));
  CHECK(*made->margin_ns == doctest::Approx(10));
  CHECK_FALSE(made->spread);
  CHECK_FALSE(made->exceeds_spread);
  CHECK(made->why.find("One seed and no slices") != std::string::npos);
}

TEST_CASE("a cell that one candidate did not finish is left out for all") {
  auto points = std::vector{point("lru", "small", 100), point("lru", "large", 500),
                            point("fifo", "small", 120), point("fifo", "large", 1)};
  points[1].status = result::Status::kPartial;
  const auto ranked = result::rank_candidates(grid(points));
  CHECK(ranked[0].name == "fifo");
  CHECK(ranked[0].cells == 1);
  points[1].status = result::Status::kComplete;
  points[1].bound = true;
  CHECK(result::rank_candidates(grid(points))[0].name == "fifo");
}

TEST_CASE("the margin is held against its spread over seeds") {
  // Margins of lru over fifo: 10% with seed 1, 30% with seed 2: mean 20%, deviation 14.1%.
  const auto made =
      result::recommend(grid({point("lru", "small", 110, "1"), point("lru", "small", 130, "2"),
                              point("fifo", "small", 100, "1"), point("fifo", "small", 100, "2")}));
  REQUIRE(made);
  CHECK(made->policy == "lru");
  CHECK(*made->margin == doctest::Approx(0.2));
  CHECK(*made->spread == doctest::Approx(0.1 * std::sqrt(2.0)));
  CHECK(*made->exceeds_spread);
  CHECK(made->why.find("exceeds the spread of 14.1% over 2 replays") != std::string::npos);

  const auto unsure =
      result::recommend(grid({point("lru", "small", 90, "1"), point("lru", "small", 130, "2"),
                              point("fifo", "small", 100, "1"), point("fifo", "small", 100, "2")}));
  CHECK_FALSE(*unsure->exceeds_spread);
  CHECK(unsure->why.find("does not exceed") != std::string::npos);
}

TEST_CASE("with slices the spread is theirs, and the ranking is of the whole trace") {
  const auto made = result::recommend(
      grid({point("lru", "small", 200), point("lru", "small", 50, "1", "1/2"),
            point("lru", "small", 50, "1", "2/2"), point("fifo", "small", 100),
            point("fifo", "small", 100, "1", "1/2"), point("fifo", "small", 25, "1", "2/2")}));
  REQUIRE(made);
  CHECK(made->policy == "lru");
  CHECK(made->cells == 1);
  CHECK(*made->margin == doctest::Approx(1.0));
  CHECK(*made->spread == doctest::Approx(1.5 / std::sqrt(2.0)));  // of -0.5 and 1
}

TEST_CASE("equals are said to be equals, and one alone has nobody beside it") {
  const auto equal = result::recommend(grid({point("lru", "small", 100), point("fifo", "small", 100)}));
  CHECK(equal->policy == "lru");
  CHECK(*equal->margin == 0);
  CHECK(equal->why.find("fifo does as well") != std::string::npos);
  const auto alone = result::recommend(grid({point("lru", "small", 100)}));
  CHECK(alone->runner_up.empty());
  CHECK_FALSE(alone->margin);
  CHECK_FALSE(result::recommend(grid({})));
}

TEST_CASE("fewer misses are better in the short form") {
  SweepResult sweep;
  sweep.axes = {{"policy", {"lru", "fifo"}}, {"capacity", {"1"}}};
  for (const std::uint64_t misses : {30U, 20U}) {
    SweepPoint made{.policy = misses == 30 ? "lru" : "fifo", .capacity = 1};
    made.axes = {{"policy", made.policy}, {"capacity", "1"}};
    made.totals = {.accesses = 100, .hits = 100 - misses, .misses = misses};
    sweep.points.push_back(made);
  }
  const auto made = result::recommend(sweep);
  CHECK(made->policy == "fifo");
  CHECK(*made->margin == doctest::Approx(1.0 / 3));
  CHECK_FALSE(made->margin_ns);
}

TEST_CASE("without axes over policies, and outside grids, a candidate is a whole setting") {
  SweepResult sweep = grid({point("lru", "small", 100), point("fifo", "large", 120)});
  sweep.design = "zip";
  CHECK(result::candidate_of(sweep, sweep.points[0]) == "lru / small");
  CHECK(result::rank_candidates(sweep)[0].name == "fifo / large");
}

TEST_CASE("where no cell has all candidates, each is judged by its own, and that is said") {
  const SweepResult sweep = grid({point("lru", "small", 100, "1"), point("fifo", "small", 120, "2")});
  const auto ranked = result::rank_candidates(sweep);
  CHECK(ranked[0].name == "fifo");
  CHECK(ranked[0].score == 120);
  CHECK(ranked[0].cells == 1);
  CHECK(result::recommend(sweep)->why.find("judged by its own") != std::string::npos);
}

TEST_CASE("only the last round of a halving decides") {
  SweepResult sweep =
      grid({point("lru", "small", 900), point("lru", "small", 100), point("fifo", "small", 120)});
  sweep.design = "successive-halving";
  sweep.points[0].axes[result::kRungAxis] = "1/2";
  sweep.points[1].axes[result::kRungAxis] = "2/2";
  sweep.points[2].axes[result::kRungAxis] = "2/2";
  CHECK(result::recommend(sweep)->policy == "fifo / small");
}

TEST_CASE("the front holds what nothing else beats in bytes and in time") {
  const auto front = result::pareto_front(
      grid({point("lru", "large", 100), point("fifo", "small", 90), point("lfu", "small", 80),
            point("fifo", "large", 70), point("lru", "small", 90)}));
  REQUIRE(front.size() == 5);
  CHECK(front[0].name == "fifo / small");
  CHECK(front[0].on_front);
  CHECK_FALSE(front[1].on_front);  // as good, no better
  CHECK_FALSE(front[2].on_front);
  CHECK(front[3].name == "lru / large");
  CHECK(front[3].on_front);
  CHECK_FALSE(front[4].on_front);
}

TEST_CASE("regret is the mean of the cells that have a bound") {
  SweepResult sweep = grid({point("lru", "small", 50), point("lru", "large", 80)});
  for (SweepPoint& made : sweep.points) {
    result::Bounds bounds;
    bounds.saved_ns = 100;
    made.bounds = bounds;
  }
  CHECK(*result::rank_candidates(sweep)[0].regret == doctest::Approx(0.35));
  sweep.points[0].bounds.reset();
  CHECK(*result::rank_candidates(sweep)[0].regret == doctest::Approx(0.2));
}

}  // namespace
