// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "result/sweep_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;
using result::SweepPoint;
using result::SweepResult;

SweepPoint experiment(const std::string& policy, std::int64_t saved) {
  SweepPoint made{.policy = policy, .capacity = 96};
  made.config = R"({"seed":18446744073709551615})";
  made.totals = {.requests = 10, .accesses = 100, .hits = 40, .misses = 60, .saved_ns = saved};
  made.name = policy + ", seed 7";
  made.axes = {{"cache.tiers[0].eviction.policy", policy}, {"seed", "18446744073709551615"}};
  made.seed = 18446744073709551615ULL;
  made.l1_bytes = 32;
  made.kinds["object"] = {.accesses = 100, .hits = 40, .misses = 60, .bytes_requested = 7, .saved_ns = saved};
  result::Bounds bounds;
  bounds.method = "tiered";
  bounds.saved_ns = 2 * saved;
  bounds.compulsory_misses = 20;
  made.bounds = bounds;
  made.decision_log_hash = "abc";
  made.peak_entries = 9;
  made.seconds = 0.25;
  made.reason = "because";
  return made;
}

SweepResult sample() {
  SweepResult sweep;
  sweep.name = "s";
  sweep.status = result::Status::kPartial;
  sweep.reasons = {"interrupted"};
  sweep.notes = {"a note"};
  sweep.manifest = R"({"seed":3})";
  sweep.trace = {.name = "t", .sha256 = "00", .requests = 10, .accesses = 100, .distinct = 30};
  sweep.trace.bytes_distinct = 77;
  sweep.design = "zip";
  sweep.metric = result::SweepMetric::kSavedTime;
  sweep.axes = {{"cache.tiers[0].eviction.policy", {"lru", "fifo"}}, {"seed", {"18446744073709551615"}}};
  sweep.points = {experiment("lru", 50), experiment("fifo", 70)};
  sweep.points[1].bound = true;
  result::MissRatioCurve curve{.policy = "lru", .sampling_rate = 0.01, .error_basis = "slices", .points = {}};
  curve.points = {{.capacity = 10, .miss_ratio = 0.5, .byte_miss_ratio = 0.25, .error = 0.01},
                  {.capacity = 20, .miss_ratio = 0.4}};
  sweep.curves = {curve};
  result::Recommendation made;
  made.policy = "lru";
  made.why = "it is better";
  made.runner_up = "fifo";
  made.margin = 0.5;
  made.margin_ns = 20.0;
  made.spread = 0.25;
  made.exceeds_spread = true;
  made.cells = 3;
  sweep.recommendation = made;
  return sweep;
}

TEST_CASE("a sweep comes back as it was written") {
  const std::string text = result::to_text(sample());
  const SweepResult back = result::sweep_from_json(Json::parse(text), "f");
  CHECK(back == sample());
  CHECK(result::to_text(back) == text);
  SweepResult bare;
  const std::string nothing = result::to_text(bare);
  CHECK(nothing.find("\"best\": null") != std::string::npos);
  CHECK(result::sweep_from_json(Json::parse(nothing), "f") == bare);
}

TEST_CASE("the best experiment is the one that saves most, bounds apart") {
  const Json document = result::to_json(sample());
  CHECK(document["best"]["policy"] == "lru");
  CHECK(document["best"]["saved_ns"] == 50);
  CHECK(document["margin"] == 0.5);
}

TEST_CASE("a point stands alone as a line") {
  const SweepPoint point = experiment("lru", 50);
  CHECK(result::point_from_json(Json::parse(result::point_to_json(point).dump()), "f") == point);
}

TEST_CASE("a document of the first form, without what came later, is read") {
  Json document = result::to_json(sample());
  for (const char* key : {"design", "metric", "axes", "curves", "recommendation", "notes"})
    document.erase(key);
  for (Json& point : document["points"]) {
    for (const char* key : {"name", "axes", "seed", "l1_bytes", "kinds", "bounds", "decision_log_hash"})
      point.erase(key);
  }
  const SweepResult back = result::sweep_from_json(document, "f");
  CHECK(back.points.size() == 2);
  CHECK(back.points[0].totals.saved_ns == 50);
  CHECK(back.metric == result::SweepMetric::kMissRatio);
}

TEST_CASE("a run is not a sweep, and what is missing or wrong is named") {
  Json document = result::to_json(sample());
  document["points"][1]["result"].erase("misses");
  CHECK_THROWS_WITH_AS((void)result::sweep_from_json(document, "f"),
                       "f: key 'points[1].result.misses' is missing", Error);
  document = result::to_json(sample());
  document["points"][0]["axes"]["seed"] = 5;
  CHECK_THROWS_WITH_AS((void)result::sweep_from_json(document, "f"),
                       "f: key 'points[0].axes' is not an object of strings", Error);
  document = result::to_json(sample());
  document["metric"] = "beauty";
  CHECK_THROWS_AS((void)result::sweep_from_json(document, "f"), Error);
  document["kind"] = "run";
  CHECK_THROWS_AS((void)result::sweep_from_json(document, "f"), Error);
  CHECK_THROWS_AS((void)result::read_sweep("/nowhere/sweep.json"), Error);
}

}  // namespace
