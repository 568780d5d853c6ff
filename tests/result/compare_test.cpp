// SPDX-License-Identifier: Apache-2.0
#include "result/compare.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "result/json.h"
#include "support/sample_result.h"
#include "support/sample_sweep.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;
using result::CompareRow;
using result::Comparison;
using result::OnDifference;

Comparison compared(const Json& a, const Json& b, OnDifference on_difference = OnDifference::kRefuse) {
  return result::compare({{.name = "a.json", .documents = {&a}}, {.name = "b.json", .documents = {&b}}},
                         on_difference);
}

const CompareRow& row(const Comparison& comparison, const std::string& path) {
  const auto found = std::find_if(comparison.rows.begin(), comparison.rows.end(),
                                  [&](const CompareRow& item) { return item.path == path; });
  REQUIRE_MESSAGE(found != comparison.rows.end(), path);
  return *found;
}

TEST_CASE("every number stands beside the same number of the other, with its ratio") {
  const Json a = result::to_json(test::sample_result());
  Json b = a;
  b["totals"]["misses"] = 7'200;
  const Comparison comparison = compared(a, b);
  CHECK(row(comparison, "totals.misses").a == 14'400);
  CHECK(*row(comparison, "totals.misses").ratio == 0.5);
  CHECK(*row(comparison, "totals.hits").ratio == 1);
  CHECK_FALSE(row(comparison, "totals.misses").interval.has_value());
  CHECK_FALSE(row(comparison, "totals.wrong_bytes").ratio.has_value());
  CHECK(row(comparison, "totals.misses").basis.empty());
  CHECK(row(comparison, "totals.elapsed_ns").basis.find("too few repeats") != std::string::npos);
  CHECK(comparison.unmatched.empty());
  for (const CompareRow& item : comparison.rows) {
    CHECK(item.path.find("series") == std::string::npos);
    CHECK(item.path.find("manifest") == std::string::npos);
  }
}

TEST_CASE("a measured latency has an interval from its histogram, a modelled one has none") {
  const Json a = result::to_json(test::sample_result());
  const Comparison comparison = compared(a, a);
  const CompareRow& measured = row(comparison, "latency.L2.p50_ns");
  REQUIRE(measured.interval.has_value());
  CHECK(measured.interval->low <= 1);
  CHECK(measured.interval->high >= 1);
  CHECK(!measured.basis.empty());
  CHECK(row(comparison, "latency.L1.p50_ns").interval.has_value());
  CHECK_FALSE(row(comparison, "latency.miss.p50_ns").interval.has_value());
  CHECK_FALSE(row(comparison, "latency.L2.count").interval.has_value());
  CHECK_FALSE(row(comparison, "latency.L2.p999_ns").interval.has_value());  // five records lie beyond
}

TEST_CASE("repeats are their median, with an interval where they vary") {
  const Json sample = result::to_json(test::sample_result());
  std::deque<Json> documents;
  result::CompareSide a{.name = "a", .documents = {}};
  result::CompareSide b{.name = "b", .documents = {}};
  for (int i = 0; i < 9; ++i) {
    for (result::CompareSide* side : {&a, &b}) {
      Json& made = documents.emplace_back(sample);
      made["totals"]["elapsed_ns"] = (side == &a ? 1000 : 2000) + (i * 7) % 9;
      side->documents.push_back(&made);
    }
  }
  const Comparison comparison = result::compare({a, b}, OnDifference::kRefuse);
  const CompareRow& elapsed = row(comparison, "totals.elapsed_ns");
  CHECK(elapsed.a == 1004);
  REQUIRE(elapsed.interval.has_value());
  CHECK(elapsed.interval->low > 1.9);
  CHECK(elapsed.interval->high < 2.1);
  CHECK_FALSE(row(comparison, "totals.misses").interval.has_value());
}

TEST_CASE("different setups are refused by name, and told where someone insists") {
  const Json a = result::to_json(test::sample_result());
  Json b = a;
  b["trace"]["sha256"] = "00";
  b["config"]["seed"] = 5;
  try {
    (void)compared(a, b);
    FAIL("not thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    const std::string text = error.what();
    for (const char* word : {"b.json", "traces differ", "seeds differ", "--force"}) {
      CHECK(text.find(word) != std::string::npos);
    }
  }
  const Comparison forced = compared(a, b, OnDifference::kTell);
  REQUIRE(forced.differences.size() == 1);
  CHECK(!forced.rows.empty());
}

TEST_CASE("what one side has alone is listed") {
  const Json a = result::to_json(test::sample_result());
  Json b = a;
  b["kinds"].erase("text");
  b["totals"]["extra"] = 1;
  const Comparison comparison = compared(a, b);
  CHECK(std::count(comparison.unmatched.begin(), comparison.unmatched.end(), "a.json: kinds.text.hits") == 1);
  CHECK(std::count(comparison.unmatched.begin(), comparison.unmatched.end(), "b.json: totals.extra") == 1);
}

TEST_CASE("points of sweeps belong together by what they set, and seeds make an interval") {
  result::SweepResult sweep = test::sample_sweep();
  for (std::uint64_t seed = 4; seed <= 6; ++seed) {
    for (std::size_t size = 0; size < 3; ++size) {
      sweep.points.push_back(test::sample_point(test::kSamplePolicies[0], size, seed));
    }
  }
  for (result::SweepPoint& point : sweep.points)
    point.name = point.policy + "/" + std::to_string(point.capacity);
  const Json a = result::to_json(sweep);
  std::reverse(sweep.points.begin(), sweep.points.end());
  for (result::SweepPoint& point : sweep.points) point.totals.saved_ns = point.totals.saved_ns * 2;
  const Comparison comparison = compared(a, result::to_json(sweep));
  CHECK(comparison.unmatched.empty());
  CHECK(*row(comparison, "points.lru/96000000/seed 1.result.saved_ns").ratio == 2);
  const CompareRow& all = row(comparison, "points.lru/96000000/all seeds.result.saved_ns");
  REQUIRE(all.interval.has_value());
  CHECK(*all.interval == result::Interval{.low = 2, .high = 2});
}

TEST_CASE("the document has the keys of the contract") {
  const Json a = result::to_json(test::sample_result());
  Json b = a;
  b["kinds"].erase("text");
  const Json document = to_json(compared(a, b));
  CHECK(document["names"] == Json({"a.json", "b.json"}));
  CHECK(!document["unmatched"].empty());
  for (const Json& item : document["rows"]) {
    for (const char* key : {"path", "a", "b", "ratio", "interval"}) CHECK(item.contains(key));
  }
  CHECK(document["rows"][0]["a"].is_number_integer());
}

}  // namespace
