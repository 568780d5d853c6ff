// SPDX-License-Identifier: Apache-2.0
#include "core/simhash.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/hamming.h"
#include "core/hash.h"
#include "core/rng.h"

using namespace cachebench;

namespace {

std::vector<std::uint32_t> random_tokens(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::uint32_t> tokens;
  for (std::size_t i = 0; i < count; ++i) tokens.push_back(static_cast<std::uint32_t>(rng.below(150'000)));
  return tokens;
}

// The definition, bit by bit.
std::uint64_t slow_simhash(const std::vector<std::uint32_t>& tokens) {
  std::uint64_t code = 0;
  for (int bit = 0; bit < 64; ++bit) {
    int balance = 0;
    for (std::size_t i = 0; i + 3 <= tokens.size(); ++i) {
      const std::uint32_t shingle[3] = {tokens[i], tokens[i + 1], tokens[i + 2]};
      balance += hash64(std::as_bytes(std::span(shingle))) >> bit & 1 ? 1 : -1;
    }
    if (balance > 0) code |= std::uint64_t{1} << bit;
  }
  return code;
}

}  // namespace

TEST_CASE("SimHash is the definition's") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto tokens = random_tokens(3 + seed * 5, seed);
    CHECK(simhash(tokens) == slow_simhash(tokens));
  }
}

TEST_CASE("three tokens or fewer make one shingle, none makes 0") {
  CHECK(simhash(std::vector<std::uint32_t>{}) == 0);
  const std::vector<std::uint32_t> two{7, 8};
  CHECK(simhash(two) == hash64(std::as_bytes(std::span(two))));
  CHECK(simhash("") == 0);
  CHECK(simhash(" \n\t") == 0);
  CHECK(simhash("one") == hash64("one "));
  CHECK(simhash("a b c") == hash64("a b c "));
}

TEST_CASE("white space does not count, order and words do") {
  CHECK(simhash("what is in this picture") == simhash("  what is\n\nin\tthis   picture \r\n"));
  CHECK(simhash("what is in this picture") != simhash("this picture is in what"));
  CHECK(simhash("ab c d") != simhash("a bc d"));
}

TEST_CASE("any bytes are text") {
  Rng rng(3);
  for (int i = 0; i < 200; ++i) {
    std::string text;
    for (std::uint64_t n = rng.below(60); n > 0; --n) text += static_cast<char>(rng.below(256));
    CHECK(simhash(text) == simhash(text + " "));
  }
}

TEST_CASE("texts that share most shingles are near, others are far") {
  int largest_near = 0;
  int smallest_far = 64;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto tokens = random_tokens(600, seed);
    const std::uint64_t code = simhash(tokens);
    tokens[300] += 1;
    largest_near = std::max(largest_near, hamming_distance(code, simhash(tokens)));
    smallest_far = std::min(smallest_far, hamming_distance(code, simhash(random_tokens(600, seed + 1000))));
  }
  CHECK(largest_near <= 8);
  CHECK(smallest_far > 12);
}
