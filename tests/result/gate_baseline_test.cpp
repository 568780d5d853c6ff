// SPDX-License-Identifier: Apache-2.0
#include "result/gate_baseline.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "result/gate.h"
#include "result/json.h"
#include "result/sweep_result.h"
#include "support/sample_result.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("a baseline keeps what is computed by rule and forgets machine, clock and paths") {
  Json document = result::to_json(test::sample_result());
  document["config"]["trace"] = {{"path", "/somewhere/of/mine.jsonl"}};
  const Json kept = result::baseline_of(document, "a.json");
  const std::string text = kept.dump();
  for (const char* word : {"i5-10210U", "somewhere", "\"series\"", "21400000000", "command_line"}) {
    CAPTURE(word);
    CHECK(text.find(word) == std::string::npos);
  }
  CHECK(text.size() < 8'000);
  CHECK(kept["totals"]["misses"] == document["totals"]["misses"]);
  CHECK(kept["latency"].contains("miss"));
  CHECK_FALSE(kept["latency"].contains("L2"));
  CHECK(result::baseline_of(kept, "b.json") == kept);
  CHECK(result::from_json(kept, "b.json").totals.hits == 15'200);
}

TEST_CASE("the result passes its own baseline") {
  const Json document = result::to_json(test::sample_result());
  const Json kept = result::baseline_of(document, "a.json");
  result::GateSpec spec{.file = "g", .metrics = {{.path = "totals.misses"}, {.path = "tiers.*.bytes_*"}}};
  const auto gate = result::judge(
      spec,
      {{.name = "", .baseline_file = "a", .candidate_file = "b", .baseline = &kept, .candidate = &document}});
  CHECK(gate.verdict == result::Verdict::kPass);
}

TEST_CASE("sweeps have baselines too, other documents none") {
  result::SweepResult sweep;
  sweep.manifest = R"({"seed":3,"version":"0.1.0","trace_path":"/somewhere/of/mine"})";
  sweep.points.push_back({.policy = "lru", .capacity = 5});
  sweep.points[0].seconds = 1.5;
  sweep.points[0].totals.elapsed_ns = 12345;
  const Json kept = result::baseline_of(result::to_json(sweep), "s.json");
  CHECK(kept["manifest"].dump() == R"({"seed":3})");
  CHECK(kept["points"][0]["seconds"] == 0);
  CHECK(kept.dump().find("12345") == std::string::npos);
  CHECK_THROWS_AS((void)result::baseline_of(Json::object(), "x"), Error);
}

}  // namespace
