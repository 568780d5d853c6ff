// SPDX-License-Identifier: Apache-2.0
#include "result/sweep_result.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;
using result::SweepPoint;
using result::SweepResult;

SweepPoint point(const std::string& policy, std::uint64_t capacity, std::uint64_t misses) {
  SweepPoint made{.policy = policy, .capacity = capacity};
  made.totals = {.requests = 100,
                 .accesses = 100,
                 .hits = 100 - misses,
                 .misses = misses,
                 .bytes_requested = 400,
                 .bytes_hit = 400 - 4 * misses,
                 .bytes_missed = 4 * misses,
                 .evictions = 7};
  made.peak_entries = 9;
  made.seconds = 0.25;
  return made;
}

SweepResult sample() {
  SweepResult sweep;
  sweep.name = "s";
  sweep.trace = {.name = "a,\"b\"", .sha256 = "00", .requests = 100, .accesses = 100, .distinct = 30};
  sweep.points = {point("lru", 10, 60), point("lru", 20, 40), point("s3fifo:small_ratio=0.1", 10, 50),
                  point("s3fifo:small_ratio=0.1", 20, 40), point("belady", 10, 30)};
  sweep.points[4].bound = true;
  return sweep;
}

TEST_CASE("the best leaves bounds and failed points out, and ties go to the first") {
  SweepResult sweep = sample();
  auto best = result::best_by_capacity(sweep);
  REQUIRE(best.size() == 2);
  CHECK(best[0].policy == "s3fifo:small_ratio=0.1");
  CHECK(best[0].runner_up == "lru");
  CHECK(*best[0].margin == doctest::Approx(0.1));
  CHECK(best[1].policy == "lru");
  CHECK(*best[1].margin == 0.0);
  const Json document = result::to_json(sweep);
  CHECK(document["best"]["policy"] == "lru");
  CHECK(document["best"]["capacity"] == 20);
  CHECK(document["margin"] == 0.0);
  for (SweepPoint& failed : sweep.points) failed.status = result::Status::kPartial;
  best = result::best_by_capacity(sweep);
  CHECK(best[0].policy == "");
  CHECK(result::to_json(sweep)["best"].is_null());
}

TEST_CASE("the table has its columns in order, one row a point, awkward names quoted") {
  const std::string csv = result::to_csv(sample());
  CHECK(
      csv.starts_with("trace,policy,capacity,accesses,misses,miss_ratio,bytes_requested,bytes_missed,"
                      "byte_miss_ratio,evictions,peak_entries,seconds"));
  CHECK(csv.find(
            "\n\"a,\"\"b\"\"\",lru,10,100,60,0.600000,400,240,0.600000,7,9,0.250000,complete,,0,0,1,,\n") !=
        std::string::npos);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 6);
  CHECK(result::csv_field("p:a=1,b=2") == "\"p:a=1,b=2\"");
  CHECK(result::csv_field("two\nlines") == "\"two\nlines\"");
  CHECK(result::csv_field("plain") == "plain");
  CHECK(result::sweep_csv_row("t", SweepPoint{.policy = "lru"}) ==
        "t,lru,0,0,0,,0,0,,0,0,0.000000,complete,,0,0,1,,\n");
}

TEST_CASE("a part of the trace is no candidate for the best") {
  SweepResult sweep = sample();
  sweep.points[1].axes[result::kSliceAxis] = "1/3";
  CHECK(result::best_by_capacity(sweep)[1].policy == "s3fifo:small_ratio=0.1");
}

}  // namespace
