// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "support/command.h"
#include "support/temp_dir.h"
#include "support/xml_check.h"

namespace {

namespace fs = std::filesystem;
namespace testing = cachebench::testing;
using Json = nlohmann::ordered_json;
using testing::CommandResult;
using testing::TempDir;

const std::string kRoot = CACHEBENCH_SOURCE_DIR;

std::string simulated(const std::string& config, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"run",    "--config", kRoot + "/configs/run/" + config + ".json",
                                     "--mode", "simulate", "--json",
                                     "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const CommandResult result = testing::cachebench(arguments);
  REQUIRE_MESSAGE(result.exit_code == 0, result.err);
  return result.out;
}

CommandResult gate(const std::string& config, const std::string& baseline, const std::string& candidate,
                   std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"gate",   "--config",    config,   "--baseline",
                                     baseline, "--candidate", candidate};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return testing::cachebench(arguments);
}

constexpr const char* kMissesGate =
    R"({"metrics":[{"path":"totals.misses","sort":"deterministic","direction":"lower"}]})";

TEST_CASE("a gate's verdict is its exit code, and its reasons are files for CI") {
  const TempDir folder;
  const std::string config = folder / "gate.json";
  testing::write_text(config, kMissesGate);
  testing::write_text(folder / "a.json", simulated("quickstart"));
  testing::write_text(folder / "b.json",
                      simulated("quickstart", {"--set", "cache.tiers.2.capacity=1%", "--set",
                                               "cache.tiers.1.eviction.policy=fifo"}));
  const CommandResult same = gate(config, folder / "a.json", folder / "a.json");
  CHECK(same.exit_code == 0);
  CHECK(same.out.find("gate: pass") != std::string::npos);
  const CommandResult worse = gate(config, folder / "a.json", folder / "b.json",
                                   {"--json", "--junit", folder / "j.xml", "--markdown", folder / "m.md"});
  CHECK(worse.exit_code == 1);
  CHECK(Json::parse(worse.out)["verdict"] == "regressed");
  CHECK(worse.err.find("totals.misses") != std::string::npos);
  const std::string xml = testing::read_text(folder / "j.xml");
  CHECK(cachebench::test::xml_fault(xml) == "");
  CHECK(xml.find("failures=\"1\"") != std::string::npos);
  CHECK(testing::read_text(folder / "m.md").find("regressed") != std::string::npos);
  CHECK(gate(config, folder / "b.json", folder / "a.json").exit_code == 0);

  testing::write_text(config, R"({"metrics":[{"path":"totals.accesses_per_second","sort":"measured",
    "direction":"higher","tolerance_ratio":0.03}]})");
  CHECK(gate(config, folder / "a.json", folder / "a.json").exit_code == 6);
  CHECK(gate(config, folder / "a.json", folder / "a.json", {"--undecided", "pass"}).exit_code == 0);
  CHECK(gate(config, folder / "a.json", folder / "a.json", {"--undecided", "fail"}).exit_code == 1);
}

TEST_CASE("what cannot be compared exits 3, a bad gate file 2, each with one line that names the file") {
  const TempDir folder;
  testing::write_text(folder / "gate.json", kMissesGate);
  testing::write_text(folder / "a.json", simulated("quickstart"));
  testing::write_text(folder / "seed.json", simulated("quickstart", {"--set", "seed=9"}));
  testing::write_text(folder / "empty.json", "{}");
  testing::write_text(folder / "bad.json", R"({"metrics":[{"path":"totals.mises","sort":"deterministic",
    "direction":"lower"}]})");
  fs::create_directory(folder.path() / "results");
  fs::create_directory(folder.path() / "none");
  testing::write_text(folder.path() / "results" / "x.json", simulated("quickstart"));
  const std::string results = folder / "results";
  const auto refused = [](const CommandResult& result, int code, const std::string& word) {
    CAPTURE(result.err);
    CHECK(result.exit_code == code);
    CHECK(result.out.empty());
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(result.err.find(word) != std::string::npos);
  };
  const std::string config = folder / "gate.json";
  const std::string a = folder / "a.json";
  refused(gate(config, a, folder / "none.json"), 3, "none.json");
  refused(gate(config, a, folder / "empty.json"), 3, "empty.json");
  refused(gate(config, a, folder / "seed.json"), 3, "seeds differ");
  refused(gate(config, a, results), 3, "a.json");
  refused(gate(config, results, folder / "none"), 3, "x.json");
  refused(gate(config, folder / "none", folder / "none"), 3, "no result");
  refused(gate(folder / "bad.json", a, a), 3, "totals.misses");
  refused(gate(folder / "empty.json", a, a), 2, "metrics");
  refused(gate(folder / "absent.json", a, a), 2, "absent.json");
}

TEST_CASE("a baseline is made by the command that the page on gates names, and folders go file by file") {
  const TempDir folder;
  fs::create_directory(folder.path() / "now");
  testing::write_text(folder.path() / "now" / "quick.json", simulated("quickstart"));
  const CommandResult made = testing::cachebench(
      {"gate", "--update-baseline", "--baseline", folder / "base", "--candidate", folder / "now"});
  REQUIRE_MESSAGE(made.exit_code == 0, made.err);
  const std::string baseline = testing::read_text(folder.path() / "base" / "quick.json");
  CHECK(baseline.size() < 12'000);
  CHECK(baseline.find(folder.path().string()) == std::string::npos);
  const std::string config = kRoot + "/configs/gates/simulate.json";
  const CommandResult passed = gate(config, folder / "base", folder / "now", {"--json"});
  CHECK(passed.exit_code == 0);
  const Json document = Json::parse(passed.out);
  CHECK(document["verdict"] == "pass");
  CHECK(document["metrics"].size() > 30);
  CHECK(document["metrics"][0]["file"] == "quick.json");
  testing::write_text(folder.path() / "now" / "extra.json", simulated("quickstart"));
  const CommandResult extra = gate(config, folder / "base", folder / "now");
  CHECK(extra.exit_code == 0);
  CHECK(extra.err.find("extra.json") != std::string::npos);
}

TEST_CASE("the project's own gate passes as it is, and fails when a policy changes") {
  const std::string config = kRoot + "/configs/gates/simulate.json";
  const std::string baselines = kRoot + "/reports/baselines";
  const TempDir folder;
  for (const char* name : {"quickstart", "docqa", "agent"}) {
    if (!fs::exists(baselines + "/" + name + ".json")) {
      MESSAGE("skipped: no baseline for " << name);
      continue;
    }
    const std::string file = folder / (std::string(name) + ".json");
    testing::write_text(file, simulated(name));
    const CommandResult same = gate(config, baselines + "/" + name + ".json", file);
    CHECK_MESSAGE(same.exit_code == 0, same.out);
    testing::write_text(file, simulated(name, {"--set", "cache.tiers.0.eviction.policy=fifo"}));
    CHECK(gate(config, baselines + "/" + name + ".json", file).exit_code == 1);
  }
}

}  // namespace
