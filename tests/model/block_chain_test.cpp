// SPDX-License-Identifier: Apache-2.0
#include "model/block_chain.h"

#include <doctest.h>

#include <map>
#include <string>

#include "core/error.h"
#include "core/rng.h"
#include "model/request_builder.h"

using namespace cachebench;
using namespace cachebench::model;
using testing::image;
using testing::request;
using testing::text;

namespace {

struct Fixture {
  Geometry geometry = geometry_named("tiny");
  trace::Header header;
  BlockChain chain{geometry, 16};

  std::vector<PrefixBlock> blocks(const trace::Request& request) {
    std::vector<Segment> segments;
    lay_out(request, header, geometry, segments);
    std::vector<PrefixBlock> result;
    chain.build(request, segments, result);
    return result;
  }
};

trace::Request given(std::vector<trace::BlockRef> refs) {
  trace::Request result;
  result.prefix_blocks = std::move(refs);
  result.has_blocks = true;
  return result;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "only full blocks, contiguous from the start") {
  const auto b = blocks(request({text("a", 50)}));
  REQUIRE(b.size() == 3);
  for (std::size_t i = 0; i < b.size(); ++i) {
    CHECK(b[i].span == TokenSpan{16 * i, 16 * (i + 1)});
    CHECK(b[i].flops == geometry.layers_flops(16, 16 * i));
    CHECK(b[i].kind == ArtefactKind::kKvBlock);
    CHECK_FALSE(b[i].given);
  }
  CHECK(blocks(request({text("a", 15)})).empty());
  CHECK(blocks(request({})).empty());
}

TEST_CASE_FIXTURE(Fixture, "keys agree exactly as far as the prompts do") {
  const auto a = blocks(request({text("a", 40), text("b", 40)}));
  const auto b = blocks(request({text("a", 40), text("c", 40)}));
  REQUIRE(a.size() == 5);
  CHECK(a[0].key == b[0].key);
  CHECK(a[1].key == b[1].key);
  for (std::size_t i = 2; i < 5; ++i) CHECK(a[i].key != b[i].key);  // the third holds 8 tokens of each
  const auto longer = blocks(request({text("a", 40), text("b", 40), text("d", 100)}));
  for (std::size_t i = 0; i < 5; ++i) CHECK(a[i].key == longer[i].key);
}

TEST_CASE_FIXTURE(Fixture, "blocks with image rows carry the image and its kind") {
  // 64x64 pixels are 4 visual tokens in this geometry.
  const auto a = blocks(request({text("t", 30), image("i", 64, 64), text("u", 30)}));
  const auto b = blocks(request({text("t", 30), image("j", 64, 64), text("u", 30)}));
  REQUIRE(a.size() == 4);
  CHECK(a[0].key == b[0].key);
  CHECK(a[1].key != b[1].key);
  CHECK(a[3].key != b[3].key);
  CHECK(a[0].kind == ArtefactKind::kKvBlock);
  CHECK(a[1].kind == ArtefactKind::kCrossModalAttention);  // tokens 30, 31
  CHECK(a[2].kind == ArtefactKind::kCrossModalAttention);  // tokens 32, 33
  CHECK(a[3].kind == ArtefactKind::kKvBlock);
}

TEST_CASE_FIXTURE(Fixture, "derived keys name the whole prefix: random prompts against strings") {
  Rng rng(5);
  std::map<std::string, Key> by_prefix;
  std::map<Key, std::string> by_key;
  for (int round = 0; round < 300; ++round) {
    std::vector<trace::Input> inputs;
    std::string prompt;  // one letter group per token: content and offset
    for (std::uint64_t part = 1 + rng.below(5); part > 0; --part) {
      const bool is_image = rng.below(3) == 0;
      const std::string name(1, static_cast<char>('a' + rng.below(2)));
      const std::uint64_t tokens = is_image ? 4 : 1 + rng.below(2) * 20;
      inputs.push_back(is_image ? image(name, 64, 64) : text(name, tokens));
      for (std::uint64_t t = 0; t < tokens; ++t) {
        prompt += (is_image ? "I" : "T") + name + std::to_string(tokens) + "." + std::to_string(t) + ";";
      }
    }
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < prompt.size(); ++i) {
      if (prompt[i] == ';') ends.push_back(i + 1);
    }
    const auto got = blocks(request(inputs));
    REQUIRE(got.size() == ends.size() / 16);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::string prefix = prompt.substr(0, ends[16 * (i + 1) - 1]);
      CHECK(by_prefix.emplace(prefix, got[i].key).first->second == got[i].key);
      CHECK(by_key.emplace(got[i].key, prefix).first->second == prefix);
    }
  }
  CHECK(by_key.size() > 100);
}

TEST_CASE_FIXTURE(Fixture, "given blocks win and keep their first size and cost") {
  trace::Request r = given({{Key{0, 1}, 512}, {Key{0, 2}, 100}});
  r.inputs = {text("a", 5'000)};
  const auto first = blocks(r);
  REQUIRE(first.size() == 2);
  CHECK(first[1].given);
  CHECK(first[1].key == Key{0, 2});
  CHECK(first[1].tokens == 100);
  CHECK(first[1].span == TokenSpan{512, 612});
  CHECK(first[1].flops == geometry.layers_flops(100, 512));
  const auto second = blocks(given({{Key{0, 2}, 512}, {Key{0, 3}, 512}}));
  CHECK(second[0].tokens == 100);
  CHECK(second[0].flops == first[1].flops);
  CHECK(second[0].span == TokenSpan{0, 512});
}

TEST_CASE_FIXTURE(Fixture, "given blocks over image rows, repeats, and nonsense") {
  trace::Request r = given({{Key{0, 1}, 16}, {Key{0, 2}, 16}, {Key{0, 1}, 16}});
  r.inputs = {text("a", 20), image("i", 64, 64), text("b", 20)};
  const auto b = blocks(r);
  CHECK(b[0].kind == ArtefactKind::kKvBlock);
  CHECK(b[1].kind == ArtefactKind::kCrossModalAttention);
  CHECK_FALSE(b[0].repeated);
  CHECK(b[2].repeated);
  CHECK_FALSE(blocks(r)[0].repeated);  // repeated within one prompt only
  CHECK(blocks(given({{Key{0, 9}, 0}}))[0].tokens == 1);
  CHECK(blocks(given({})).empty());
  CHECK_THROWS_AS(static_cast<void>(blocks(given({{Key{0, 9}, 0xFFFFFFFFU}}))), Error);
}
