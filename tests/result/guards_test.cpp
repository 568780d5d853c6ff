// SPDX-License-Identifier: Apache-2.0
#include "result/guards.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "result/cautions.h"
#include "result/json.h"
#include "support/sample_result.h"
#include "support/sample_sweep.h"

namespace {

using namespace cachebench;

bool one_says(const std::vector<std::string>& list, const std::string& words) {
  return list.size() == 1 && list.front().find(words) != std::string::npos;
}

TEST_CASE("a run whose tiers are all under pressure has nothing to warn of") {
  CHECK(result::guards(test::sample_result()).empty());
  CHECK(result::guards(result::RunResult{}).empty());
}

TEST_CASE("tiers that never evicted, or served nothing; what the cautions say is not said twice") {
  result::RunResult run = test::sample_result();
  run.tiers[2].evictions = 0;
  CHECK(one_says(result::guards(run), "L3 never had to evict"));
  run.tiers[2].capacity_bytes = *run.trace.bytes_distinct;
  CHECK(result::guards(run).empty());
  CHECK_FALSE(result::cautions(run).empty());
  run.tiers[2].capacity_bytes -= 1;
  CHECK(one_says(result::guards(run), "L3 never had to evict"));
  run.tiers[2].bytes_read = run.tiers[2].bytes_written = 0;
  CHECK(result::guards(run).empty());
  run = test::sample_result();
  run.tiers[1].hits = 0;
  CHECK(one_says(result::guards(run), "L2 was asked 21,500 times and served none"));
}

TEST_CASE("points of a sweep that decide nothing are counted") {
  result::SweepResult sweep = test::sample_short_sweep();
  for (result::SweepPoint& point : sweep.points) point.totals.evictions = 5;
  CHECK(result::guards(sweep).empty());
  sweep.trace.distinct = 5'000;
  CHECK(
      one_says(result::guards(sweep), "9 of 40 points have room for the whole working set (5,000 entries)"));
  sweep.axes.push_back({"trace.path", {"a", "b"}});
  CHECK(result::guards(sweep).empty());
  sweep.axes.pop_back();
  sweep.trace.distinct = 10'000;
  sweep.points[0].totals.evictions = 0;
  CHECK(one_says(result::guards(sweep), "1 of 40 points never evicted"));
}

TEST_CASE("the document carries them") {
  result::RunResult run = test::sample_result();
  run.tiers[2].evictions = 0;
  CHECK(result::to_json(run)["warnings"].size() == 1);
}

}  // namespace
