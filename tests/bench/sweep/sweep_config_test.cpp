// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/sweep_config.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_file.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using bench::parse_sweep_config;
using bench::SweepConfig;

SweepConfig parse(const std::string& text) {
  return parse_sweep_config({.name = "s.json", .text = text}, {});
}

std::string complaint(const std::string& text) {
  try {
    (void)parse(text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

bool mentions(const std::string& text, const std::string& word) {
  CAPTURE(text);
  return text.find(word) != std::string::npos;
}

TEST_CASE("a sweep is read with comments, and what it leaves out has defaults") {
  const SweepConfig config = parse(R"({ // a comment
    "name": "n", "base": {"seed": 4, "trace": {"path": "t"}},
    "axes": [{"path": "seed", "values": [1, 2]}, {"paths": ["load.in_flight", "load.speedup"], "values": [[1, 2.5]]}],
    "slices": 3, "limit": 7 })");
  CHECK(config.name == "n");
  CHECK(config.design == bench::SweepDesign::kGrid);
  CHECK(config.axes.size() == 2);
  CHECK(config.slices == 3);
  CHECK(*config.limit == 7);
  const bench::RunConfig point = bench::resolve_point(config, config.axes[0].values[1].assignments);
  CHECK(point.seed == 2);
  CHECK(point.trace.path == "t");
  CHECK(bench::resolve_point(config, {}).seed == 4);
}

TEST_CASE("a base may be a file beside the sweep, and overrides apply to it") {
  const testing::TempDir folder;
  testing::write_text(folder / "run.json", R"({"trace": {"path": "t.csv"}, "seed": 9})");
  testing::write_text(folder / "t.csv", "time,key,size\n0,1,10\n");
  testing::write_text(folder / "s.json",
                      R"({"base": "run.json", "axes": [{"path": "seed", "values": [1]}]})");
  const SweepConfig config = bench::load_sweep_config(folder / "s.json", {"load.in_flight=3"});
  const bench::RunConfig base = bench::resolve_point(config, {});
  CHECK(base.seed == 9);
  CHECK(base.load.in_flight == 3);
  CHECK(base.trace.path == folder / "t.csv");
  CHECK_THROWS_AS((void)bench::load_sweep_config(folder / "none.json", {}), Error);
}

TEST_CASE("a mistake within an inline base is told with its line") {
  const std::string text = complaint(R"({ // {"base": {}}
    "name": "\\\"base\": {", /* "base": { */
    "axes": [{"path": "seed", "values": [1]}],
    "base": {"trace": {"path": "t"},
             "load": {"in_fligt": 2}}})");
  CHECK(mentions(text, "s.json:5: unknown key 'in_fligt'"));
}

TEST_CASE("a list names its points, each with what it changes") {
  const SweepConfig config =
      parse(R"({"design": "list", "points": [{"seed": 1}, {"seed": 2, "load.in_flight": 4}]})");
  REQUIRE(config.axes.size() == 2);
  CHECK(config.axes[1].values[0].assignments.empty());
  CHECK(config.axes[1].values[1].assignments.front() == "load.in_flight=4");
}

TEST_CASE("what makes no sense is refused in one line with the file, and the nearest name") {
  CHECK(mentions(complaint(R"({"axis": []})"), "s.json:1: unknown key 'axis'; did you mean 'axes'"));
  CHECK(mentions(complaint(R"({"axes": []})"), "the grid is empty"));
  CHECK(mentions(complaint("{}"), "the grid is empty"));
  CHECK(mentions(complaint(R"({"axes": [{"path": "seed", "values": []}]})"), "the grid is empty"));
  CHECK(mentions(complaint(R"({"axes": [{"path": "sead", "values": [1]}]})"), "did you mean 'seed'"));
  CHECK(mentions(complaint(R"({"axes": [{"path": "seed", "values": 1}]})"), "values"));
  CHECK(mentions(complaint(R"({"axes": [{"path": "seed", "value": [1]}]})"), "did you mean 'values'"));
  CHECK(mentions(complaint(R"({"axes": [{"path": "seed", "paths": ["seed"], "values": [1]}]})"), "path"));
  CHECK(mentions(complaint(R"({"design": "gird", "axes": [{"path": "seed", "values": [1]}]})"), "'grid'"));
  CHECK(mentions(complaint(R"({"axes": [{"path": "seed", "values": [1]}, {"path": "seed", "values": [2]}]})"),
                 "both set seed"));
  CHECK(mentions(complaint(R"({"design": "zip", "axes": [{"path": "seed", "values": [1, 2]},
                               {"path": "load.in_flight", "values": [1]}]})"),
                 "equal length"));
  CHECK(mentions(complaint(R"({"design": "list", "points": []})"), "at least one point"));
  CHECK(
      mentions(complaint(R"({"design": "random", "axes": [{"path": "seed", "values": [1]}]})"), "how many"));
  CHECK(
      mentions(complaint(R"({"points": 3, "axes": [{"path": "seed", "values": [1]}]})"), "does not go with"));
  CHECK(mentions(complaint(R"({"slices": 1.5, "axes": [{"path": "seed", "values": [1]}]})"), "whole number"));
  CHECK(mentions(complaint(R"({"design": "successive-halving",
                               "axes": [{"path": "trace.limit", "values": [1]}]})"),
                 "trace.limit"));
  CHECK(
      mentions(complaint(R"({"halving": {"keep": 1}, "axes": [{"path": "seed", "values": [1]}]})"), "keep"));
  CHECK(mentions(complaint(R"({"base": {"sed": 1}, "axes": [{"path": "seed", "values": [1]}]})"), "'seed'"));
  CHECK(mentions(complaint(R"({"base": 5, "axes": [{"path": "seed", "values": [1]}]})"), "base"));
  CHECK(mentions(complaint("[]"), "not an object"));
  CHECK(mentions(complaint("{"), "s.json:1"));
}

// The schema is for editors; here it is held against what the program accepts.
TEST_CASE("the schema names the keys that are read, and every shipped sweep is one") {
  const std::string root = std::string(CACHEBENCH_SOURCE_DIR) + "/configs/";
  const auto schema = read_json_file(root + "schema/sweep.schema.json", ErrorKind::kInput);
  for (const auto& [key, value] : schema.at("properties").items()) {
    CAPTURE(key);
    CHECK_FALSE(mentions(complaint("{\"" + key + "\": [[]]}"), "unknown key"));
    CHECK(value.contains("description"));
  }
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root + "sweep")) {
    CAPTURE(entry.path().string());
    const SweepConfig config = bench::load_sweep_config(entry.path().string(), {});
    CHECK_FALSE(config.axes.empty());
    // None measures this machine: modelled, or a model that computes what misses.
    CHECK(bench::resolve_point(config, {}).mode != bench::RunMode::kReal);
    ++found;
  }
  CHECK(found >= 2);
}

}  // namespace
