// SPDX-License-Identifier: Apache-2.0
#include "result/json_paths.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;
using Paths = std::vector<std::string>;

Json sample() {
  return Json::parse(
      R"({"totals":{"hits":3,"ratio":null},"tiers":[{"name":"L1","hits":2},{"name":"L2","hits":1}],
    "list":[4,5],"empty":{},"odd.key":{"a":1}})");
}

Paths matching(const Json& document, const std::string& pattern) {
  Paths paths;
  const result::PathPattern wanted(pattern);
  for (const result::Leaf& leaf : result::leaves_of(document)) {
    if (wanted.matches(leaf.steps)) paths.push_back(leaf.path());
  }
  return paths;
}

TEST_CASE("leaves come in the order of the document, with their values") {
  const Json document = sample();
  Paths paths;
  for (const result::Leaf& leaf : result::leaves_of(document)) paths.push_back(leaf.path());
  CHECK(paths == Paths{"totals.hits", "totals.ratio", "tiers.0.name", "tiers.0.hits", "tiers.1.name",
                       "tiers.1.hits", "list.0", "list.1", "odd.key.a"});
  CHECK(*result::leaves_of(document)[0].value == 3);
  CHECK(result::leaves_of(document, {"tiers", "list"}).size() == 3);
  const Json single = 7;
  CHECK(result::leaves_of(single).size() == 1);
}

TEST_CASE("patterns match steps, and elements by index or by name") {
  const Json document = sample();
  CHECK(matching(document, "totals.hits") == Paths{"totals.hits"});
  CHECK(matching(document, "tiers.*.hits") == Paths{"tiers.0.hits", "tiers.1.hits"});
  CHECK(matching(document, "tiers[].hits") == Paths{"tiers.0.hits", "tiers.1.hits"});
  CHECK(matching(document, "tiers[1].hits") == Paths{"tiers.1.hits"});
  CHECK(matching(document, "tiers.L2.hits") == Paths{"tiers.1.hits"});
  CHECK(matching(document, "tiers.L?.h*") == Paths{"tiers.0.hits", "tiers.1.hits"});
  CHECK(matching(document, "**.hits") == Paths{"totals.hits", "tiers.0.hits", "tiers.1.hits"});
  CHECK(matching(document, "**").size() == 9);
  CHECK(matching(document, "*").empty());
  CHECK(matching(document, "totals").empty());
  CHECK(matching(document, "totals.hits.more").empty());
  CHECK(matching(document, "").empty());
  CHECK(result::PathPattern("totals.hits").is_plain());
  CHECK_FALSE(result::PathPattern("tiers[].hits").is_plain());
}

// The obvious definition, exponential in the number of stars.
bool slow_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return slow_glob(pattern.substr(1), text) || (!text.empty() && slow_glob(pattern, text.substr(1)));
  }
  if (text.empty()) return false;
  return (pattern[0] == '?' || pattern[0] == text[0]) && slow_glob(pattern.substr(1), text.substr(1));
}

TEST_CASE("globs agree with their definition on every short pattern and text") {
  const auto words = [](const std::string& letters, std::size_t longest) {
    std::vector<std::string> all{""};
    for (std::size_t at = 0; at < all.size(); ++at) {
      if (all[at].size() == longest) continue;
      for (const char c : letters) all.push_back(all[at] + c);
    }
    return all;
  };
  std::size_t matched = 0;
  for (const std::string& pattern : words("ab*?", 4)) {
    for (const std::string& text : words("ab", 4)) {
      const bool expected = slow_glob(pattern, text);
      matched += expected ? 1 : 0;
      if (result::glob_matches(pattern, text) != expected) FAIL(pattern << " on " << text);
    }
  }
  CHECK(matched > 500);
}

}  // namespace
