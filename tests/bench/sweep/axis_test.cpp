// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/axis.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;
using bench::make_axis;
using bench::make_linked_axis;

std::string complaint(const auto& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST_CASE("a star is every tier, and values become assignments") {
  const bench::Axis axis = make_axis("cache.tiers[*].capacity", {"10%", 4096}, {.tiers = 2});
  CHECK(axis.name == "cache.tiers[*].capacity");
  CHECK(axis.paths == std::vector<std::string>{"cache.tiers.0.capacity", "cache.tiers.1.capacity"});
  REQUIRE(axis.values.size() == 2);
  CHECK(axis.values[0].label == "10%");
  CHECK(axis.values[0].assignments ==
        std::vector<std::string>{"cache.tiers.0.capacity=\"10%\"", "cache.tiers.1.capacity=\"10%\""});
  CHECK(axis.values[1].assignments[1] == "cache.tiers.1.capacity=4096");
}

TEST_CASE("a policy is a name, a name with parameters, or an object") {
  const Json object = {{"policy", "s3fifo"}, {"small_ratio", 0.2}};
  for (const char* path : {"cache.tiers[0].eviction.policy", "cache.tiers[0].eviction"}) {
    const bench::Axis axis = make_axis(path, {"lru", "s3fifo:small_ratio=0.1", object}, {});
    CHECK(axis.values[0].assignments.front() == "cache.tiers.0.eviction.policy=\"lru\"");
    CHECK(axis.values[1].assignments.front() ==
          R"(cache.tiers.0.eviction={"policy":"s3fifo","small_ratio":0.1})");
    CHECK(axis.values[2].assignments.front() ==
          R"(cache.tiers.0.eviction={"policy":"s3fifo","small_ratio":0.2})");
    CHECK(axis.values[2].label == "s3fifo:small_ratio=0.2");
  }
  const bench::Axis migration = make_axis("cache.migration.policy", {"none"}, {});
  CHECK(migration.values[0].assignments.front() == "cache.migration.policy=\"none\"");
}

TEST_CASE("parameters, whole sections and plain keys are paths too") {
  CHECK_NOTHROW((void)make_axis("cache.tiers[0].eviction.small_ratio", {0.1}, {}));
  CHECK_NOTHROW((void)make_axis("cache.tiers[0]", {Json::object()}, {}));
  CHECK_NOTHROW((void)make_axis("cache", {Json::object()}, {}));
  CHECK_NOTHROW((void)make_axis("cache.tiers.L2.capacity", {1}, {}));
  CHECK_NOTHROW((void)make_axis("seed", {1, 2}, {}));
  CHECK_NOTHROW((void)make_axis("load.in_flight", {1, 2}, {}));
}

TEST_CASE("an unknown path is told with the nearest known one") {
  CHECK(complaint([] { (void)make_axis("sead", {1}, {}); }).find("did you mean 'seed'") != std::string::npos);
  const std::string capacity = complaint([] { (void)make_axis("cache.tiers[*].capacty", {1}, {}); });
  CHECK(capacity.find("did you mean 'cache.tiers[].capacity'") != std::string::npos);
  CHECK_FALSE(complaint([] { (void)make_axis("cache.tiers[0].evction.policy", {"lru"}, {}); }).empty());
  CHECK_FALSE(complaint([] { (void)make_axis("", {1}, {}); }).empty());
}

TEST_CASE("axes without values, and values given twice, are refused") {
  CHECK(complaint([] { (void)make_axis("seed", {}, {}); }).find("the grid is empty") != std::string::npos);
  CHECK(complaint([] {
          (void)make_axis("seed", {1, 2, 1}, {});
        }).find("value 1 is given twice") != std::string::npos);
}

TEST_CASE("linked paths change together") {
  const bench::Axis axis =
      make_linked_axis({"cache.tiers[0].capacity", "cache.tiers[1].capacity"}, {Json{"1%", "5%"}}, {});
  CHECK(axis.name == "cache.tiers[0].capacity+cache.tiers[1].capacity");
  CHECK(axis.values[0].label == "1%+5%");
  CHECK(axis.values[0].assignments.size() == 2);
  CHECK(complaint([] {
          (void)make_linked_axis({"seed", "name"}, {Json{1}}, {});
        }).find("a list of 2") != std::string::npos);
}

TEST_CASE("axes that set the same key, or one a part of the other, are refused") {
  const auto conflict = [](const std::string& a, const Json& va, const std::string& b, const Json& vb) {
    return complaint([&] { bench::refuse_conflicts({make_axis(a, {va}, {}), make_axis(b, {vb}, {})}); });
  };
  CHECK(conflict("seed", 1, "seed", 2).find("'seed' and 'seed' both set seed") != std::string::npos);
  CHECK_FALSE(conflict("cache.tiers[*].capacity", 1, "cache.tiers[1].capacity", 2).empty());
  CHECK_FALSE(conflict("cache.tiers[0]", Json::object(), "cache.tiers[0].capacity", 2).empty());
  CHECK(conflict("cache.tiers[0].capacity", 1, "cache.tiers[1].capacity", 2).empty());
  CHECK(conflict("load.in_flight", 1, "load.speedup", 2).empty());
}

TEST_CASE("files are looked up beside the sweep first") {
  const testing::TempDir folder;
  testing::write_text(folder / "t.csv", "x");
  const bench::Axis axis =
      make_axis("trace.path", {"t.csv", "elsewhere.csv"}, {.folder = folder.path().string()});
  CHECK(axis.values[0].assignments.front() == "trace.path=\"" + (folder / "t.csv") + "\"");
  CHECK(axis.values[1].assignments.front() == "trace.path=\"elsewhere.csv\"");
  CHECK(axis.values[0].label == "t.csv");
}

}  // namespace
