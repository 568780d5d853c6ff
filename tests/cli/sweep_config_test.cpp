// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "support/command.h"
#include "support/temp_dir.h"

namespace {

namespace testing = cachebench::testing;
using Json = nlohmann::ordered_json;
using testing::CommandResult;
using testing::TempDir;

// Points of tens of milliseconds, so that a kill finds some finished and some not.
std::string slow_sweep_in(const TempDir& folder, int records = 20'000) {
  std::string text = "time,key,size\n";
  for (int i = 0; i < records; ++i) {
    const int key = static_cast<int>((static_cast<long long>(i) * i / 7 + i % 13) % 3000);
    text += std::to_string(i) + "," + std::to_string(key) + ",1000\n";
  }
  testing::write_text(folder / "t.csv", text);
  testing::write_text(folder / "sweep.json", R"({
    "base": {"trace": {"path": "t.csv"}, "cache": {"tiers": [
      {"name": "L1", "device": "emulated", "capacity": "5%"}, {"name": "L2", "device": "host", "capacity": "10%"}]}},
    "axes": [{"path": "cache.tiers[*].eviction.policy", "values": ["lru", "fifo", "lfu"]},
             {"path": "seed", "values": [1, 2, 3, 4]}],
    "slices": 2})");
  return folder / "sweep.json";
}

/// The document without what is excluded from comparison.
std::string comparable(const std::string& path) {
  Json document = Json::parse(testing::read_text(path));
  document.erase("manifest");
  for (Json& point : document["points"]) {
    point.erase("seconds");
    point["result"].erase("elapsed_ns");
    point["result"].erase("accesses_per_second");
  }
  return document.dump();
}

std::size_t lines_in(const std::string& path) {
  if (!std::filesystem::exists(path)) return 0;
  const std::string text = testing::read_text(path);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Starts the program, sends it a signal once a few lines are in the journal, and waits for it: 128 and the
/// signal's number when that killed it.
int start_and_signal(const std::vector<std::string>& arguments, const std::string& journal,
                     const char* signal) {
  std::vector<std::string> words{"sh",
                                 "-c",
                                 "journal=$1; signal=$2; shift 2; \"$@\" & child=$!; "
                                 "while [ \"$(cat \"$journal\" 2>/dev/null | wc -l)\" -lt 3 ] && kill -0 "
                                 "$child 2>/dev/null; do sleep 0.01; done; "
                                 "kill -$signal $child; wait $child",
                                 "sh",
                                 journal,
                                 signal};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return testing::run_command(words).exit_code;
}

std::vector<std::string> sweep_to(const std::string& config, const std::string& output) {
  return {testing::cachebench_binary(), "sweep", "--config", config, "--output", output, "--quiet"};
}

bool has_mpirun() {
  return testing::run_command({"sh", "-c", "command -v mpirun"}).exit_code == 0;
}

std::vector<std::string> mpirun(const std::vector<std::string>& command) {
  std::vector<std::string> words{"mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "3"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

}  // namespace

TEST_CASE("a sweep of experiments leaves its files and says what to take") {
  const TempDir folder;
  const std::string config = slow_sweep_in(folder, 2000);
  const CommandResult result = testing::cachebench(
      {"sweep", "--config", config, "--output", folder / "out", "--export", "json,csv,html"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.find("candidate") != std::string::npos);
  for (const char* name : {"plan.json", "points.jsonl", "sweep.json", "sweep.csv", "sweep.html"}) {
    CAPTURE(name);
    CHECK(std::filesystem::exists(folder / "out" + std::string("/") + name));
  }
  const Json document = Json::parse(testing::read_text(folder / "out/sweep.json"));
  CHECK(document["kind"] == "sweep");
  CHECK(document["points"].size() == 3 * 4 * 3);
  CHECK_FALSE(document["recommendation"]["policy"].get<std::string>().empty());
  CHECK(lines_in(folder / "out/sweep.csv") == 37);
  const CommandResult json =
      testing::cachebench({"sweep", "--config", config, "--output", folder / "out", "--json"});
  CHECK(Json::parse(json.out)["points"].size() == 36);
}

TEST_CASE("a killed sweep goes on where it was, and ends as if nothing had happened") {
  const TempDir folder;
  const std::string config = slow_sweep_in(folder);
  REQUIRE(testing::run_command(sweep_to(config, folder / "whole")).exit_code == 0);
  const std::string journal = folder / "killed/points.jsonl";
  CHECK(start_and_signal(sweep_to(config, folder / "killed"), journal, "KILL") == 137);
  CHECK(lines_in(journal) >= 3);
  CHECK_FALSE(std::filesystem::exists(folder / "killed/sweep.json"));
  REQUIRE(testing::run_command(sweep_to(config, folder / "killed")).exit_code == 0);
  CHECK(comparable(folder / "killed/sweep.json") == comparable(folder / "whole/sweep.json"));
  CHECK(lines_in(journal) == 36);
}

TEST_CASE("a sweep that is asked to stop writes what it has, marked partial") {
  const TempDir folder;
  const std::string config = slow_sweep_in(folder);
  for (const auto& [signal, code] : {std::pair{"INT", 130}, std::pair{"TERM", 143}}) {
    const std::string output = folder / (std::string("out-") + signal);
    CHECK(start_and_signal(sweep_to(config, output), output + "/points.jsonl", signal) == code);
    const Json document = Json::parse(testing::read_text(output + "/sweep.json"));
    CHECK(document["status"] == "partial");
    CHECK(document["points"].size() == lines_in(output + "/points.jsonl"));
    CHECK(document["points"].size() < 36);
  }
}

TEST_CASE("shards merge to the whole") {
  const TempDir folder;
  const std::string config = slow_sweep_in(folder, 2000);
  REQUIRE(testing::run_command(sweep_to(config, folder / "whole")).exit_code == 0);
  for (const char* shard : {"0/2", "1/2"}) {
    auto words = sweep_to(config, folder / (std::string("part") + shard[0]));
    words.insert(words.end(), {"--shard", shard});
    REQUIRE(testing::run_command(words).exit_code == 0);
  }
  const std::vector<std::string> merge{"sweep",          "merge",    folder / "part1",
                                       folder / "part0", "--output", folder / "all"};
  CHECK(testing::cachebench(merge).exit_code == 0);
  CHECK(comparable(folder / "all/sweep.json") == comparable(folder / "whole/sweep.json"));
  CHECK(testing::cachebench(merge).exit_code == 2);  // not twice over the same folder
  CHECK(testing::cachebench({"sweep", "merge", folder / "nothing", "--output", folder / "x"}).exit_code == 3);
}

TEST_CASE("several processes give what one gives") {
  if (!has_mpirun()) {
    MESSAGE("mpirun is not installed: skipped");
    return;
  }
  const TempDir folder;
  const std::string config = slow_sweep_in(folder);
  REQUIRE(testing::run_command(sweep_to(config, folder / "whole")).exit_code == 0);
  const CommandResult many = testing::run_command(mpirun(sweep_to(config, folder / "many")));
  CAPTURE(many.err);
  CHECK(many.exit_code == 0);
  CHECK(comparable(folder / "many/sweep.json") == comparable(folder / "whole/sweep.json"));

  // One rank dies, MPI ends the job; the same command again runs the rest.
  const std::string output = folder / "killed";
  const std::string script =
      "if [ \"$OMPI_COMM_WORLD_RANK\" = 1 ]; then \"$@\" & child=$!; "
      "while [ \"$(cat " +
      output +
      "/points.jsonl 2>/dev/null | wc -l)\" -lt 3 ]; do sleep 0.01; done; "
      "kill -9 $child; wait $child; else exec \"$@\"; fi";
  std::vector<std::string> wrapped{"sh", "-c", script, "sh"};
  const std::vector<std::string> command = sweep_to(config, output);
  wrapped.insert(wrapped.end(), command.begin(), command.end());
  CHECK(testing::run_command(mpirun(wrapped)).exit_code != 0);
  CHECK(lines_in(output + "/points.jsonl") >= 3);
  CHECK(lines_in(output + "/points.jsonl") < 36);
  REQUIRE(testing::run_command(mpirun(command)).exit_code == 0);
  CHECK(comparable(output + "/sweep.json") == comparable(folder / "whole/sweep.json"));
}

TEST_CASE("a sweep that makes no sense is refused in one line with exit code 2") {
  const TempDir folder;
  testing::write_text(folder / "t.csv", "time,key,size\n0,1,10\n");
  const auto refused = [&](const std::string& text, const char* word) {
    testing::write_text(folder / "s.json", text);
    const CommandResult result =
        testing::cachebench({"sweep", "--config", folder / "s.json", "--output", folder / "o"});
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.err.find(word) != std::string::npos);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  };
  const std::string base = R"("base": {"trace": {"path": "t.csv"}}, )";
  refused("{" + base + R"("axes": []})", "empty");
  refused("{" + base + R"("axes": [{"path": "sead", "values": [1]}]})", "seed");
  refused("{" + base + R"("axes": [{"path": "seed", "values": [1]}, {"path": "seed", "values": [2]}]})",
          "both set");
  std::string axes;
  for (const char* path : {"seed", "load.in_flight", "trace.skip_bad", "cache.tiers[0].capacity"}) {
    axes += std::string(axes.empty() ? "" : ",") + R"({"path": ")" + path + R"(", "values": [1)";
    for (int i = 2; i <= 32; ++i) axes += "," + std::to_string(i);
    axes += "]}";
  }
  refused("{" + base + R"("axes": [)" + axes + "]}", "1048576 points would take about");
  refused(R"({"axes": [{"path": "seed", "values": [1]}]})", "trace.path is missing");
  CHECK(testing::cachebench({"sweep", "--config", folder / "s.json", "--trace", "x"}).exit_code == 2);
  CHECK(testing::cachebench({"sweep"}).exit_code == 2);
}

TEST_CASE("the short form takes bounds, samples and curves") {
  const TempDir folder;
  slow_sweep_in(folder);
  const CommandResult result =
      testing::cachebench({"sweep", "--trace", folder / "t.csv", "--policies", "lru,belady,infinite",
                           "--capacities", "1%,10%", "--unit-size", "--bounds", "--curve", "lru", "--json"});
  REQUIRE(result.exit_code == 0);
  const Json document = Json::parse(result.out);
  CHECK(document["points"].size() == 6);
  for (const Json& point : document["points"]) {
    CHECK(point["bounds"]["compulsory_misses"] == document["trace"]["distinct"]);
    if (point["policy"] == "lru") CHECK(point["bounds"]["belady_misses"] <= point["result"]["misses"]);
    CHECK(point["bound"] == (point["policy"] != "lru"));
  }
  CHECK(document["best"]["policy"] == "lru");
  CHECK(document["curves"][0]["policy"] == "lru");
  CHECK(document["curves"][0]["points"].size() > 50);
  const CommandResult sampled =
      testing::cachebench({"sweep", "--trace", folder / "t.csv", "--policies", "lru", "--capacities", "10%",
                           "--unit-size", "--sample", "0.3", "--json"});
  REQUIRE(sampled.exit_code == 0);
  CHECK(Json::parse(sampled.out)["points"][0]["miss_ratio_error"].get<double>() > 0);
  CHECK(testing::cachebench(
            {"sweep", "--trace", folder / "t.csv", "--policies", "lru", "--capacities", "1", "--sample", "2"})
            .exit_code == 2);
  CHECK(testing::cachebench({"sweep", "--trace", folder / "t.csv", "--curve", "lfu"}).exit_code == 2);
}
