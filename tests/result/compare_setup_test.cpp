// SPDX-License-Identifier: Apache-2.0
#include "result/compare_setup.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "result/json.h"
#include "result/sweep_result.h"
#include "support/sample_result.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

TEST_CASE("what must agree is named, what is compared may differ") {
  const Json document = result::to_json(test::sample_result());
  CHECK(result::setup_differences(document, document).empty());
  Json other = document;
  other["totals"]["hits"] = 1;
  other["config"]["cache"]["tiers"][0]["eviction"]["policy"] = "fifo";
  other["config"]["cache"]["tiers"][0]["capacity"] = 5;
  other["name"] = "another";
  CHECK(result::setup_differences(document, other).empty());
  other["trace"]["sha256"] = "00";
  other["config"]["seed"] = 2;
  other["config"]["profile"] = "h200-server";
  other["mode"] = "simulate";
  const auto lines = result::setup_differences(document, other);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].find("traces differ") != std::string::npos);
  CHECK(lines[1].find("modes differ (real, simulate)") != std::string::npos);
  CHECK(lines[2] == "the seeds differ (1, 2)");
  CHECK(lines[3].find("profiles differ") != std::string::npos);
  const Json sweep = result::to_json(result::SweepResult{});
  CHECK(!result::setup_differences(document, sweep).empty());
}

TEST_CASE("only results are read, and a complaint names the file") {
  const testing::TempDir folder;
  const auto refused = [&](const std::string& text, const std::string& word) {
    testing::write_text(folder / "x.json", text);
    try {
      (void)result::read_any_result(folder / "x.json");
      FAIL("not thrown");
    } catch (const Error& error) {
      CAPTURE(error.what());
      CHECK(error.kind() == ErrorKind::kInput);
      CHECK(std::string(error.what()).find("x.json") != std::string::npos);
      CHECK(std::string(error.what()).find(word) != std::string::npos);
    }
  };
  refused("{}", "schema");
  refused("[]", "not a JSON object");
  refused("{", "x.json");
  refused(R"({"schema":"cachebench/result","schema_version":"2.0","kind":"run"})", "1.x");
  refused(R"({"schema":"cachebench/result","schema_version":"1.0","kind":"walk"})", "walk");
  CHECK_THROWS_AS((void)result::read_any_result(folder / "none.json"), Error);
  testing::write_text(folder / "run.json", result::to_text(test::sample_result()));
  CHECK(result::read_any_result(folder / "run.json")["kind"] == "run");
  testing::write_text(folder / "sweep.json", result::to_text(result::SweepResult{}));
  CHECK(result::read_any_result(folder / "sweep.json")["kind"] == "sweep");
}

}  // namespace
