// SPDX-License-Identifier: Apache-2.0
#include "bench/config/explain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "bench/config/load.h"
#include "bench/config/schema.h"
#include "core/error.h"

namespace cachebench::bench {
namespace {

TEST_CASE("a key is explained with what it accepts and defaults to") {
  const std::string text = explain_key("load.in_flight");
  CHECK(text.find("load.in_flight") == 0);
  CHECK(text.find("an integer of at least 1") != std::string::npos);
  CHECK(text.find("default: 1") != std::string::npos);
  CHECK(explain_key("cache.tiers.0.eviction.policy").find("lru") != std::string::npos);
  CHECK_THROWS_WITH_AS(static_cast<void>(explain_key("lod.kind")), doctest::Contains("'load.kind'"), Error);
}

TEST_CASE("the template is the defaults, explained") {
  const std::string text = config_template();
  const RunConfig config = parse_config({.name = "template", .text = text});
  CHECK(config == load_config({.file = "", .overrides = {}}));
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    CAPTURE(line);
    CHECK(line.size() <= 100);
  }
  // Comments wrap, so compare without line breaks.
  std::string flat;
  for (const char c : text) {
    const bool is_gap = c == ' ' || c == '\n' || c == '/';
    if (!is_gap) flat += c;
  }
  for (const SchemaKey& key : schema_keys()) {
    if (key.path.starts_with("plugin.") || key.path == "$schema" || key.path == "output") continue;
    CAPTURE(key.path);
    std::string wanted;
    for (const char c : key.description) {
      const bool is_gap = c == ' ' || c == '/';
      if (!is_gap) wanted += c;
    }
    const bool only_other_tiers =
        key.path == "cache.tiers[].pin_memory" || key.path == "cache.tiers[].compression";
    CHECK((flat.find(wanted) != std::string::npos || only_other_tiers));
  }
}

}  // namespace
}  // namespace cachebench::bench
