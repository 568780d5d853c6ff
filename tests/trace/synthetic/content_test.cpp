// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/content.h"

#include <doctest/doctest.h>

#include <bit>
#include <set>

#include "core/hash.h"

using namespace cachebench;
using namespace cachebench::trace;

TEST_CASE("fresh content never repeats, named content always does") {
  ContentMint mint(1, "a");
  std::set<std::string> hashes;
  for (int i = 0; i < 100; ++i) {
    hashes.insert(mint.text(5).hash);
    hashes.insert(mint.image({.width = 1, .height = 1, .bytes = 1, .tokens = {}}).hash);
    hashes.insert(mint.named_text({1, static_cast<std::uint64_t>(i)}, 5).hash);
  }
  CHECK(hashes.size() == 300);
  CHECK(mint.named_text({3, 4}, 5) == mint.named_text({3, 4}, 5));
  CHECK(mint.named_text({3, 4}, 5).hash != mint.named_text({4, 3}, 5).hash);
}

TEST_CASE("mints of another seed or owner share nothing, the same mint starts again alike") {
  ContentMint mint(1, "a");
  ContentMint same(1, "a");
  ContentMint other_seed(2, "a");
  ContentMint other_owner(1, "b");
  const Input input = mint.text(7);
  CHECK(same.text(7) == input);
  CHECK(other_seed.text(7).hash != input.hash);
  CHECK(other_owner.text(7).hash != input.hash);
  CHECK(input.content == hash_key(input.hash));
  CHECK(input.tokens == 7U);
  CHECK(input.simhash);
}

TEST_CASE("what resembles a content is named, of its size, and as many bits away as asked for") {
  ContentMint mint(1, "client");
  const Input picture = mint.image({.width = 64, .height = 32, .bytes = 5000, .tokens = {}});
  const Input text = mint.text(30);
  for (const std::uint64_t bits : {0U, 1U, 7U, 64U}) {
    const Input copy = mint.resembling(picture, {9, bits}, bits);
    CHECK(copy == mint.resembling(picture, {9, bits}, bits));
    CHECK(copy.content != picture.content);
    CHECK(copy.content == hash_key(copy.hash));
    CHECK(copy.width == picture.width);
    CHECK(std::popcount(*copy.phash ^ *picture.phash) == static_cast<int>(bits));
    CHECK(meaning_of(copy) == copy.content);
    const Input rephrased = mint.resembling(text, {9, bits}, bits);
    CHECK(rephrased.tokens == 30U);
    CHECK(std::popcount(*rephrased.simhash ^ *text.simhash) == static_cast<int>(bits));
  }
  CHECK(mint.resembling(picture, {9, 1}, 1).content != mint.resembling(picture, {8, 1}, 1).content);
  CHECK(std::popcount(*mint.resembling(picture, {1, 1}, 1000).phash ^ *picture.phash) == 64);
}

TEST_CASE("a near-duplicate is another file of the same size, a few bits away") {
  ContentMint mint(1, "a");
  Rng rng(4);
  const Input base = mint.image({.width = 640, .height = 480, .bytes = 50'000, .tokens = 300});
  std::set<int> distances;
  for (int i = 0; i < 200; ++i) {
    const Input copy = mint.near_duplicate(base, 5, rng);
    CHECK(copy.hash != base.hash);
    CHECK(copy.content != base.content);
    CHECK(copy.width == base.width);
    CHECK(copy.tokens == base.tokens);
    CHECK(*copy.bytes >= 48'000);
    CHECK(*copy.bytes <= 52'000);
    distances.insert(std::popcount(*copy.phash ^ *base.phash));
  }
  CHECK(distances == std::set<int>{1, 2, 3, 4, 5});
}

TEST_CASE("sizes come nearest to the tokens asked for and are not too flat") {
  for (std::uint64_t tokens = 1; tokens < 3000; ++tokens) {
    const ImageShape shape = shape_of_tokens(tokens);
    REQUIRE(shape.width % 32 == 0);
    REQUIRE(shape.height % 32 == 0);
    REQUIRE(shape.tokens == tokens);
    const std::uint64_t product = std::uint64_t{shape.width} / 32 * (shape.height / 32);
    const std::uint64_t error = product > tokens ? product - tokens : tokens - product;
    REQUIRE_MESSAGE(error * 50 <= tokens + 100, tokens << " became " << product);
    REQUIRE(shape.width <= 2 * shape.height + 32);
    REQUIRE(shape.height <= 2 * shape.width + 32);
  }
  CHECK(shape_of_tokens(1196).width * shape_of_tokens(1196).height == 1196 * 1024);
  CHECK(shape_of_tokens(0).width == 32);
  CHECK(shape_of_tokens(UINT64_MAX).width > 0);
}
