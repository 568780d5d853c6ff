// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "support/command.h"
#include "support/temp_dir.h"

namespace {

namespace testing = cachebench::testing;
using Json = nlohmann::ordered_json;
using testing::CommandResult;
using testing::TempDir;

std::string simulated(const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{
      "run",    "--config", CACHEBENCH_SOURCE_DIR "/configs/run/quickstart.json", "--mode", "simulate",
      "--json", "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const CommandResult result = testing::cachebench(arguments);
  REQUIRE_MESSAGE(result.exit_code == 0, result.err);
  return result.out;
}

TEST_CASE("runs stand side by side on the terminal, as a document and as a page") {
  const TempDir folder;
  testing::write_text(folder / "a.json", simulated());
  testing::write_text(folder / "b.json", simulated({"--set", "cache.tiers.0.eviction.policy=fifo"}));
  const CommandResult table = testing::cachebench({"compare", folder / "a.json", folder / "b.json"});
  CHECK(table.exit_code == 0);
  CHECK(table.out.find("tiers.0.hits") != std::string::npos);
  const CommandResult json = testing::cachebench(
      {"compare", folder / "a.json", folder / "b.json", "--json", "--html", folder / "c.html"});
  const Json document = Json::parse(json.out);
  CHECK(document["rows"].size() > 100);
  CHECK(document["unmatched"].empty());
  CHECK(testing::read_text(folder / "c.html").find("data-chart=\"forest\"") != std::string::npos);
}

TEST_CASE("other seeds are refused in one line that says so, unless forced") {
  const TempDir folder;
  testing::write_text(folder / "a.json", simulated());
  testing::write_text(folder / "b.json", simulated({"--set", "seed=3"}));
  const CommandResult refused = testing::cachebench({"compare", folder / "a.json", folder / "b.json"});
  CHECK(refused.exit_code == 3);
  CHECK(refused.out.empty());
  CHECK(refused.err.find("seeds differ") != std::string::npos);
  CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
  const CommandResult forced =
      testing::cachebench({"compare", folder / "a.json", folder / "b.json", "--force"});
  CHECK(forced.exit_code == 0);
  CHECK(forced.out.find("warning:") != std::string::npos);
  CHECK(testing::cachebench({"compare", folder / "a.json"}).exit_code == 2);
  CHECK(testing::cachebench({"compare", folder / "a.json", folder / "none.json"}).exit_code == 3);
}

TEST_CASE("sweeps are compared point by point, and reported in every format") {
  const TempDir folder;
  testing::write_text(folder / "t.csv", "time,key,size\n0,1,10\n1,2,10\n2,1,10\n3,3,10\n4,1,10\n5,2,10\n");
  const auto swept = [&](const std::string& policies) {
    const CommandResult result = testing::cachebench(
        {"sweep", "--trace", folder / "t.csv", "--policies", policies, "--capacities", "20,30", "--json"});
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    return result.out;
  };
  testing::write_text(folder / "a.json", swept("lru,fifo"));
  testing::write_text(folder / "b.json", swept("fifo,lru"));
  const CommandResult compared =
      testing::cachebench({"compare", folder / "a.json", folder / "b.json", "--json"});
  REQUIRE_MESSAGE(compared.exit_code == 0, compared.err);
  const Json document = Json::parse(compared.out);
  std::size_t misses = 0;
  for (const Json& row : document["rows"]) {
    if (!row["path"].get<std::string>().ends_with("result.misses")) continue;
    ++misses;
    CHECK(row["ratio"] == 1.0);
  }
  CHECK(misses == 4);
  for (const char* format : {"html", "md", "csv", "junit", "prometheus", "trace", "gbench"}) {
    const CommandResult report = testing::cachebench({"report", folder / "a.json", "--format", format});
    CHECK(report.exit_code == 0);
    CHECK(report.out.find("fifo") != std::string::npos);
  }
}

}  // namespace
