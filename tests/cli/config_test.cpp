// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "support/command.h"
#include "support/temp_dir.h"

namespace {

namespace testing = cachebench::testing;
using testing::CommandResult;
using testing::TempDir;

/// With the profiles of the tree, wherever the program was built.
CommandResult config(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "config");
  testing::CommandOptions options;
  options.environment = {{"CACHEBENCH_PROFILES", std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles"}};
  return testing::cachebench(arguments, options);
}

}  // namespace

TEST_CASE("config init writes a config that validates once it has a trace") {
  const TempDir folder;
  const std::string file = folder / "c.json";
  CHECK(config({"init", file}).exit_code == 0);
  const CommandResult without = config({"validate", file});
  CHECK(without.exit_code == 2);
  CHECK(without.err.find("trace.path") != std::string::npos);
  CHECK(config({"validate", file, "--set", "trace.path=x"}).exit_code == 0);
  const CommandResult again = config({"init", file});
  CHECK(again.exit_code == 2);
  CHECK(again.err.find("exists already") != std::string::npos);
  CHECK(config({"init"}).out == testing::read_text(file));
}

TEST_CASE("config show prints the resolved config as one document") {
  const TempDir folder;
  testing::write_text(folder / "c.json", R"({"trace": {"path": "x"}, "plugin": {"l1_cache_size": "1MiB"}})");
  const CommandResult shown = config({"show", folder / "c.json", "--json", "--set", "load.in_flight=3"});
  CHECK(shown.exit_code == 0);
  CHECK(shown.err.empty());
  const auto document = nlohmann::json::parse(shown.out);
  CHECK(document["cache"]["tiers"][0]["capacity"] == 1048576);
  CHECK(document["load"]["in_flight"] == 3);
}

TEST_CASE("mistakes are told in one line with exit code 2") {
  const TempDir folder;
  testing::write_text(folder / "c.json", R"({"trace": {"path": "x", "lowring": "graph"}})");
  const CommandResult unknown = config({"validate", folder / "c.json"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.out.empty());
  CHECK(unknown.err.find("c.json:1: unknown key 'lowring' in trace; did you mean 'lowering'?\n") !=
        std::string::npos);
  CHECK(config({"validate", folder / "absent.json"}).exit_code == 2);
  CHECK(config({"--explain", "load.knd"}).err.find("'load.kind'") != std::string::npos);
  CHECK(config({}).exit_code == 2);
}

TEST_CASE("config --explain says what a key accepts") {
  const CommandResult explained = config({"--explain", "cache.tiers[0].eviction.policy"});
  CHECK(explained.exit_code == 0);
  CHECK(explained.out.find("lru") != std::string::npos);
}

TEST_CASE("config init --auto writes plain JSON that run takes, with hits on a shipped workload") {
  const TempDir folder;
  const std::string file = folder / "auto.json";
  testing::CommandOptions options;
  options.directory = CACHEBENCH_SOURCE_DIR;
  options.environment = {{"CACHEBENCH_PROFILES", std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles"}};
  const CommandResult written = testing::cachebench({"config", "init", file, "--auto"}, options);
  REQUIRE(written.exit_code == 0);
  CHECK(written.out.empty());
  CHECK(written.err.find("l2.capacity") != std::string::npos);
  const auto document = nlohmann::json::parse(testing::read_text(file));  // no comments
  CHECK(document["cache"]["tiers"].size() >= 2);
  CHECK(testing::cachebench({"config", "validate", file}, options).exit_code == 0);
  const CommandResult run = testing::cachebench(
      {"run", "--config", file, "--mode", "simulate", "--json", "--quiet", "--output", folder / "out"},
      options);
  REQUIRE(run.exit_code == 0);
  CHECK(nlohmann::json::parse(run.out)["totals"]["hits"].get<std::uint64_t>() > 0);
}

TEST_CASE(
    "a card that no driver gives is planned in host memory, at a size that leaves room for the others") {
  const TempDir folder;
  const std::string file = folder / "auto.json";
  testing::CommandOptions options;
  options.directory = CACHEBENCH_SOURCE_DIR;
  const std::string tree = CACHEBENCH_SOURCE_DIR;
  options.environment = {{"CACHEBENCH_PROFILES", tree + "/configs/profiles"},
                         {"HWLOC_XMLFILE", tree + "/tests/hardware/fixtures/laptop.xml"}};
  const CommandResult written = testing::cachebench({"config", "init", file, "--auto"}, options);
  REQUIRE(written.exit_code == 0);
  const auto tiers = nlohmann::json::parse(testing::read_text(file))["cache"]["tiers"];
  if (tiers[0]["device"] == "cuda") {
    MESSAGE("skipped: this machine has a card");
    return;
  }
  CHECK(tiers[0]["device"] == "emulated");
  CHECK(written.err.find("emulated, a quarter of the") != std::string::npos);
}

TEST_CASE("what the plan says of copies, the drive and threads is what a run is told") {
  testing::CommandOptions options;
  options.directory = CACHEBENCH_SOURCE_DIR;
  options.environment = {{"CACHEBENCH_PROFILES", std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles"}};
  const CommandResult config_text = testing::cachebench({"config", "init", "--auto"}, options);
  const CommandResult plan_text = testing::cachebench({"topology", "--json"}, options);
  REQUIRE(config_text.exit_code == 0);
  REQUIRE(plan_text.exit_code == 0);
  const auto transfer = nlohmann::json::parse(config_text.out)["cache"]["transfer"];
  const std::map<std::string, std::string> keys{{"copy.chunk", "chunk"},    {"copy.small", "small"},
                                                {"copy.batch", "batch"},    {"copy.streams", "streams"},
                                                {"ssd.block", "ssd_block"}, {"ssd.depth", "ssd_depth"},
                                                {"host.staging", "staging"}};
  std::size_t found = 0;
  const auto machine = nlohmann::json::parse(plan_text.out);
  for (const auto& item : machine["plan"]) {
    const auto key = keys.find(item["name"].get<std::string>());
    if (key == keys.end()) continue;
    CAPTURE(key->second);
    CHECK(transfer[key->second] == item["value"]);
    ++found;
  }
  CHECK(found == keys.size());
}

TEST_CASE("config init takes a profile") {
  const CommandResult result = config({"init", "--profile", "h200-server"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.find("\"profile\": \"h200-server\"") != std::string::npos);
  CHECK(config({"init", "--profile", "h200-servr"}).exit_code == 2);
}

TEST_CASE("config init refuses what only --auto heeds") {
  for (const char* option : {"--trace", "--model"}) {
    const CommandResult result = config({"init", option, "tiny"});
    CHECK(result.exit_code == 2);
    CHECK(result.err.find("--auto") != std::string::npos);
  }
}
