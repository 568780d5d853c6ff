// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/command.h"

namespace testing = cachebench::testing;

TEST_CASE("doctor --json is one document of checks; the text names each") {
  const testing::CommandResult result = testing::cachebench({"doctor", "--json"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  const auto document = nlohmann::json::parse(result.out);
  REQUIRE(document["checks"].size() >= 8);
  const testing::CommandResult text = testing::cachebench({"doctor"});
  CHECK(text.exit_code == 0);
  for (const auto& check : document["checks"]) {
    CHECK(text.out.find(check["name"].get<std::string>()) != std::string::npos);
  }
}
