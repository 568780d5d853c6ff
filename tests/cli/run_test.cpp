// SPDX-License-Identifier: Apache-2.0
// `cachebench run` as a script of its users would call it, bad input first.
#include <doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/command.h"
#include "support/temp_dir.h"

namespace cachebench::testing {
namespace {

namespace fs = std::filesystem;

const std::string kQuickstart = CACHEBENCH_SOURCE_DIR "/configs/run/quickstart.json";

// One clear line on standard error that names `word`, and the code.
void check_refused(const CommandResult& result, int code, const std::string& word) {
  CAPTURE(result.err);
  CHECK(result.exit_code == code);
  CHECK(result.err.find(word) != std::string::npos);
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(result.err.find("terminate") == std::string::npos);
}

CommandResult run(std::vector<std::string> more, const CommandOptions& options = {}) {
  std::vector<std::string> arguments{"run", "--config", kQuickstart, "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return testing::cachebench(arguments, options);
}

struct Refusal {
  std::vector<std::string> arguments;
  int code;
  std::string word;
};

TEST_CASE("what a run cannot do is said in one line, with its code") {
  const TempDir folder;
  write_text(folder / "zero.csv", "time,key,size\n0,1,0\n");
  write_text(folder / "order.csv", "time,key,size\n5,1,10\n4,2,10\n");
  write_text(folder / "negative.csv", "time,key,size\n0,1,-5\n");
  write_text(folder / "nan.csv", "time,key,size\nnan,1,5\n");
  write_text(folder / "huge.csv", "time,key,size\n0,1,99999999999999999999999\n");
  write_text(folder / "cut.jsonl.zst", std::string("\x28\xB5\x2F\xFD\x04\x00", 6));
  write_text(folder / "unknown.xyz", "what is this\n");
  const std::vector<Refusal> refusals{
      {{"--trace", folder / "absent.csv"}, 3, "absent.csv"},
      {{"--trace", folder.path().string()}, 3, folder.path().string()},
      {{"--trace", folder / "zero.csv"}, 3, "zero.csv:2"},
      {{"--trace", folder / "order.csv"}, 3, "order.csv:3"},
      {{"--trace", folder / "negative.csv"}, 3, "negative.csv:2"},
      {{"--trace", folder / "nan.csv"}, 3, "nan.csv:2"},
      {{"--trace", folder / "huge.csv"}, 3, "huge.csv:2"},
      {{"--trace", folder / "cut.jsonl.zst"}, 3, "cut.jsonl.zst"},
      {{"--trace", folder / "unknown.xyz"}, 3, "unknown.xyz"},
      {{"--set", "cache.tiers.0.eviction.policy=lruu"}, 2, "lru"},
      {{"--bounds", "onn"}, 2, "on"},
      {{"--bounds", "on", "--set", "load.kind=open"}, 2, "open loop"},
      {{"--bounds", "on", "--set", "load.in_flight=2"}, 2, "in flight"},
      {{"--set", "cache.migration.policy=demote-on-evicts"}, 2, "demote-on-evict"},
      {{"--set", "cache.tiers.0.capacity=12x"}, 2, "12x"},
      {{"--set", "cache.tiers.0.capacity=-4"}, 2, "capacity"},
      {{"--set", "load.speedup=nan"}, 2, "speedup"},
      {{"--set", "seed=1e400"}, 2, "seed"},
      {{"--set", "profile=i5-10210"}, 2, "i5-10210u"},
      {{"--set", "cache.tiers.1.capacity=900TiB", "--mode", "real"}, 4, "free"},
      {{"--set", "cache.tiers.2.capacity=900TiB", "--mode", "real"}, 4, "free"},
      {{"--cache-dir", "/proc/nowhere/cache", "--mode", "real"}, 4, "/proc/nowhere"},
      {{"--output", "/proc/nowhere"}, 4, "/proc/nowhere"},
      {{"--export", "json,htm"}, 2, "html"},
      {{"--content", folder / "nothing"}, 3, "nothing"},
  };
  for (const Refusal& refusal : refusals) {
    std::vector<std::string> arguments{"--output", folder / "out"};
    if (refusal.arguments.front() == "--output") arguments.clear();
    arguments.insert(arguments.end(), refusal.arguments.begin(), refusal.arguments.end());
    CAPTURE(refusal.word);
    check_refused(run(arguments), refusal.code, refusal.word);
    CHECK_FALSE(fs::exists(folder.path() / "out" / "result.json"));
  }
}

TEST_CASE("a result is not overwritten unless forced") {
  const TempDir folder;
  const std::vector<std::string> arguments{"--mode", "simulate", "--output", folder / "out"};
  CHECK(run(arguments).exit_code == 0);
  check_refused(run(arguments), 2, "--force");
  std::vector<std::string> forced = arguments;
  forced.emplace_back("--force");
  CHECK(run(forced).exit_code == 0);
}

TEST_CASE("standard output that is full is an environment error") {
  if (!fs::exists("/dev/full")) {
    MESSAGE("skipped: no /dev/full");
    return;
  }
  CommandOptions full;
  full.stdout_path = "/dev/full";
  CHECK(run({"--mode", "simulate", "--json"}, full).exit_code == 4);
}

TEST_CASE("an entry larger than every tier is a miss and never an error") {
  const TempDir folder;
  write_text(folder / "large.csv", "time,key,size\n0,1,100000000\n1,1,100000000\n2,2,100\n3,2,100\n");
  const CommandResult result =
      run({"--trace", folder / "large.csv", "--json", "--set", "cache.tiers.0.capacity=1MiB", "--set",
           "cache.tiers.1.capacity=1MiB", "--set", "cache.tiers.2.capacity=1MiB"});
  REQUIRE(result.exit_code == 0);
  const auto document = nlohmann::json::parse(result.out);
  CHECK(document.at("misses_by_cause").at("too_large") == 1);
  CHECK(document.at("totals").at("hits") == 1);
}

TEST_CASE("a strict run that breaks a validity rule exits 7, a lenient one 0") {
  const std::vector<std::string> arguments{"--mode", "simulate", "--warmup", "100000", "--json"};
  CHECK(run(arguments).exit_code == 0);
  std::vector<std::string> strict = arguments;
  strict.insert(strict.end(), {"--validity", "strict"});
  CHECK(run(strict).exit_code == 7);
}

TEST_CASE("the summary sets the run against what could be reached, unless told not to") {
  const TempDir folder;
  std::vector<std::string> arguments{"run",     "--config", kQuickstart, "--mode",      "simulate",
                                     "--limit", "100",      "--output",  folder / "out"};
  const CommandResult with = testing::cachebench(arguments, {});
  REQUIRE(with.exit_code == 0);
  for (const char* words : {"regret", "compulsory misses", "endless", "decisions ", "is modelled"}) {
    CAPTURE(words);
    CHECK(with.out.find(words) != std::string::npos);
  }
  arguments.insert(arguments.end(), {"--force", "--bounds", "off"});
  const CommandResult without = testing::cachebench(arguments, {});
  REQUIRE(without.exit_code == 0);
  CHECK(without.out.find("regret") == std::string::npos);
  CHECK(without.out.find("decisions ") != std::string::npos);
}

TEST_CASE("a dry run says what is needed and runs nothing") {
  const TempDir folder;
  const CommandResult result = run({"--dry-run", "--output", folder / "out"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.find("memory:") != std::string::npos);
  CHECK(result.out.find("disk:") != std::string::npos);
  CHECK_FALSE(fs::exists(folder.path() / "out"));
}

TEST_CASE("what watches a run leaves its files, and a recorded run can be replayed") {
  const TempDir folder;
  const CommandResult result = run({"--mode", "simulate", "--limit", "50", "--output", folder / "out",
                                    "--record", folder / "asked.jsonl", "--timeline",
                                    folder / "timeline.json", "--metrics-file", folder / "metrics.txt"});
  REQUIRE(result.exit_code == 0);
  CHECK(nlohmann::json::parse(read_text(folder / "timeline.json")).contains("traceEvents"));
  CHECK(read_text(folder / "metrics.txt").ends_with("# EOF\n"));
  const auto first = nlohmann::json::parse(read_text(folder.path() / "out" / "result.json"));
  const CommandResult again = run({"--mode", "simulate", "--json", "--trace", folder / "asked.jsonl"});
  REQUIRE(again.exit_code == 0);
  CHECK(nlohmann::json::parse(again.out).at("decision_log_hash") == first.at("decision_log_hash"));
}

}  // namespace
}  // namespace cachebench::testing
