// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tokenize.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "core/rng.h"
#include "pipeline/fake_runner.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {
const TokenSpace kSpace{.vocabulary = 1000, .image_token = 5, .end_token = 6};
}

TEST_CASE("the token space is the runner's") {
  const FakeRunner runner;
  const TokenSpace space = token_space(runner);
  CHECK(space.vocabulary == runner.geometry().text().vocabulary);
  CHECK(space.image_token == 5);
  CHECK(space.end_token == 6);
}

TEST_CASE("pieces are words of six bytes with a space before, and single other bytes") {
  CHECK(count_tokens("") == 0);
  CHECK(count_tokens("word") == 1);
  CHECK(count_tokens("two words") == 2);
  CHECK(count_tokens("a,b") == 3);
  CHECK(count_tokens("  x") == 2);
  CHECK(count_tokens(" ") == 1);
  CHECK(count_tokens("abcdefg") == 2);
  CHECK(count_tokens(" abcdef g") == 2);
  CHECK(count_tokens("line\nline") == 3);
  CHECK(count_tokens(std::string(1, '\0')) == 1);
}

TEST_CASE("the same text gives the same ids, whatever stands around it") {
  const std::vector<std::int64_t> one = tokenize("Describe this image", kSpace);
  const std::vector<std::int64_t> longer = tokenize("Describe this image, please", kSpace);
  REQUIRE(one.size() == 4);  // Descri|be| this| image
  CHECK(tokenize("Describe this image", kSpace) == one);
  REQUIRE(longer.size() == 6);
  CHECK(std::vector<std::int64_t>(longer.begin(), longer.begin() + 4) == one);
  CHECK(tokenize("describe this image", kSpace) != one);
}

TEST_CASE("random text has as many ids as counted, all ordinary") {
  Rng rng(11);
  const TokenSpace tight{.vocabulary = 8, .image_token = 5, .end_token = 6};
  std::set<std::int64_t> seen;
  for (int round = 0; round < 200; ++round) {
    std::string text(rng.below(60), ' ');
    for (char& c : text) c = static_cast<char>(rng.below(256));
    const std::vector<std::int64_t> ids = tokenize(text, tight);
    CHECK(ids.size() == count_tokens(text));
    seen.insert(ids.begin(), ids.end());
  }
  CHECK(seen == std::set<std::int64_t>{0, 1, 2, 3, 4, 7});
}

TEST_CASE("text known by its key: a longer one starts as a shorter one does, another key differs") {
  const auto longer = tokens_of_content({1, 2}, 50, kSpace);
  const auto shorter = tokens_of_content({1, 2}, 20, kSpace);
  CHECK(std::vector<std::int64_t>(longer.begin(), longer.begin() + 20) == shorter);
  CHECK(tokens_of_content({2, 1}, 20, kSpace) != shorter);
  CHECK(tokens_of_content({1, 2}, 0, kSpace).empty());
}
