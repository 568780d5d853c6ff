// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/design.h"

#include <doctest/doctest.h>

#include <set>

#include "core/error.h"

namespace {

using namespace cachebench;
using bench::Design;
using bench::SweepConfig;
using bench::WorkItem;

SweepConfig parse(const std::string& rest) {
  return bench::parse_sweep_config({.name = "s",
                                    .text = R"({"axes": [{"path": "seed", "values": [1, 2, 3]},
                                          {"path": "load.in_flight", "values": [4, 5]}])" +
                                            rest + "}"},
                                   {});
}

std::vector<std::string> names(const SweepConfig& config) {
  const Design design(config);
  std::vector<std::string> list;
  for (const WorkItem& item : design.items()) list.push_back(design.setting(item).name);
  return list;
}

TEST_CASE("a grid is every combination, the last axis fastest") {
  const SweepConfig config = parse("");
  CHECK(names(config) == std::vector<std::string>{"1, 4", "1, 5", "2, 4", "2, 5", "3, 4", "3, 5"});
  const bench::PointSetting setting = Design(config).setting({.point = 3});
  CHECK(setting.assignments == std::vector<std::string>{"seed=2", "load.in_flight=5"});
  CHECK(setting.axes.at("seed") == "2");
  CHECK(Design(config).axes().size() == 2);
}

TEST_CASE("a limit takes the first points, slices multiply them") {
  CHECK(names(parse(R"(, "limit": 2)")) == std::vector<std::string>{"1, 4", "1, 5"});
  CHECK(names(parse(R"(, "limit": 1, "slices": 2)")) ==
        std::vector<std::string>{"1, 4", "1, 4, slice 1/2", "1, 4, slice 2/2"});
  const SweepConfig config = parse(R"(, "slices": 2)");
  CHECK(Design(config).axes().back().values == std::vector<std::string>{"1/2", "2/2"});
}

TEST_CASE("zip takes the axes side by side, list the points as they are") {
  const SweepConfig zip = bench::parse_sweep_config(
      {.name = "s", .text = R"({"design": "zip", "axes": [{"path": "seed", "values": [1, 2]},
                                                           {"path": "load.in_flight", "values": [4, 5]}]})"},
      {});
  CHECK(names(zip) == std::vector<std::string>{"1, 4", "2, 5"});
  const SweepConfig list = bench::parse_sweep_config(
      {.name = "s",
       .text = R"({"design": "list", "points": [{"seed": 7}, {"load.in_flight": 2, "seed": 7}]})"},
      {});
  CHECK(names(list) == std::vector<std::string>{"7", "7, 2"});
  const Design design(list);
  CHECK(design.setting({.point = 0}).axes.size() == 1);
  CHECK(design.axes()[0].values == std::vector<std::string>{"7"});
}

TEST_CASE("random designs draw without repetition, the same for a seed, and never more than there are") {
  const auto drawn = [](const std::string& points, const std::string& seed) {
    return names(parse(R"(, "design": "random", "points": )" + points + R"(, "seed": )" + seed));
  };
  const auto some = drawn("4", "1");
  CHECK(some.size() == 4);
  CHECK(std::set<std::string>(some.begin(), some.end()).size() == 4);
  CHECK(drawn("4", "1") == some);
  std::set<std::vector<std::string>> different;
  for (int seed = 0; seed < 20; ++seed) different.insert(drawn("2", std::to_string(seed)));
  CHECK(different.size() > 5);
  CHECK(drawn("100", "1") == names(parse("")));
}

TEST_CASE("a grid too large to list is still counted") {
  std::string axes;
  std::string values = "[0";
  for (int i = 1; i < 1000; ++i) values += "," + std::to_string(i);
  values += "]";
  for (const char* path : {"seed", "trace.skip_bad", "load.speedup", "cache.tiers[0].capacity",
                           "cache.tiers[1].capacity", "cache.tiers[2].capacity", "load.warmup"}) {
    axes += std::string(axes.empty() ? "" : ",") + R"({"path": ")" + path + R"(", "values": )" + values + "}";
  }
  const SweepConfig config =
      bench::parse_sweep_config({.name = "s", .text = R"({"axes": [)" + axes + R"(], "limit": 3})"}, {});
  const Design design(config);
  CHECK(design.points() == UINT64_MAX);
  CHECK(design.points_run() == 3);
  CHECK(design.items().size() == 3);
}

TEST_CASE("rounds of a halving are named") {
  const SweepConfig config = parse(R"(, "design": "successive-halving", "halving": {"rungs": 2, "keep": 2})");
  const Design design(config);
  CHECK(design.items().front().rung == 1);
  CHECK(design.setting({.point = 0, .rung = 2}).name == "1, 4, round 2/2");
  CHECK(design.axes().back().path == "rung");
}

TEST_CASE("shards are written i/n") {
  CHECK(bench::parse_shard("2/5").index == 2);
  CHECK(bench::parse_shard("2/5").count == 5);
  for (const char* text : {"", "5/5", "6/5", "1", "1/", "/2", "-1/2", "1/2/3", "a/b"}) {
    CAPTURE(text);
    CHECK_THROWS_AS((void)bench::parse_shard(text), Error);
  }
}

}  // namespace
