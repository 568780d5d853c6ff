// SPDX-License-Identifier: Apache-2.0
#include "trace/block_sizes.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

Request filled(BlockSizes& sizes, const std::vector<std::uint64_t>& ids, std::uint64_t tokens) {
  Request request;
  request.input_tokens = tokens;
  sizes.fill(nlohmann::json(ids), request);
  return request;
}

}  // namespace

TEST_CASE("blocks are full but the last, and an id keeps its first size") {
  BlockSizes sizes(512);
  const Request first = filled(sizes, {0, 1}, 600);
  CHECK(first.has_blocks);
  CHECK(first.prefix_blocks[0] == BlockRef{.key = {0, 0}, .tokens = 512});
  CHECK(first.prefix_blocks[1] == BlockRef{.key = {0, 1}, .tokens = 88});
  // 1 was partial when first seen; 2 is new and full.
  const Request second = filled(sizes, {0, 1, 2, 3}, 2000);
  CHECK(second.prefix_blocks[1].tokens == 88);
  CHECK(second.prefix_blocks[2].tokens == 512);
  CHECK(second.prefix_blocks[3].tokens == 464);
  CHECK(filled(sizes, {3}, 12).prefix_blocks[0].tokens == 464);
}

TEST_CASE("more blocks than tokens is an error and leaves nothing behind; fewer is fine") {
  BlockSizes sizes(16);
  CHECK(contains(error_of([&] { filled(sizes, {8, 9}, 16); }), "2 hash_ids"));
  CHECK(contains(error_of([&] { filled(sizes, {8}, 0); }), "1 hash_ids"));
  CHECK(filled(sizes, {8, 9}, 17).prefix_blocks[1].tokens == 1);
  CHECK(filled(sizes, {10}, 100).prefix_blocks[0].tokens == 16);
  CHECK(filled(sizes, {}, 0).prefix_blocks.empty());
  Request request;
  request.input_tokens = 40;
  CHECK(!error_of([&] { sizes.fill(nlohmann::json::parse("[1,-2]"), request); }).empty());
}
