// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "support/command.h"

namespace {

namespace testing = cachebench::testing;
using testing::CommandResult;

/// With the profiles of the tree, wherever the program was built.
CommandResult list(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "list");
  testing::CommandOptions options;
  options.environment = {{"CACHEBENCH_PROFILES", std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles"}};
  return testing::cachebench(arguments, options);
}

}  // namespace

TEST_CASE("list eviction --json has what scripts read") {
  const CommandResult result = list({"eviction", "--json"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  const auto items = nlohmann::json::parse(result.out)["items"];
  REQUIRE(items.size() >= 3);
  for (const auto& item : items) {
    CHECK(item["name"].is_string());
    CHECK(item["random"].is_boolean());
    CHECK(item["uses_profile"].is_boolean());
    CHECK_FALSE(item["source"].get<std::string>().empty());
    CHECK(item["parameters"].is_array());
  }
  const auto is_lru = [](const auto& item) { return item["name"] == "lru"; };
  CHECK(std::any_of(items.begin(), items.end(), is_lru));
}

TEST_CASE("list names every kind, and one by name") {
  const CommandResult all = list({});
  CHECK(all.exit_code == 0);
  const auto document = nlohmann::json::parse(list({"--json"}).out);
  for (const auto& [kind, items] : document["kinds"].items()) {
    CAPTURE(kind);
    CHECK(all.out.find(kind + ": ") != std::string::npos);
    CHECK(list({kind}).exit_code == 0);
    CHECK((kind == "bound" || !items.empty()));
  }
  for (const char* format : {"html", "junit", "gbench"})
    CHECK(list({"report"}).out.find(format) != std::string::npos);
  const CommandResult wrong = list({"evicton"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err.find("'eviction'") != std::string::npos);
}
