// SPDX-License-Identifier: Apache-2.0
#include "model/mrope_positions.h"

#include <doctest/doctest.h>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::model;

namespace {

using Axis = std::vector<std::int64_t>;
constexpr std::int64_t kImage = 99;

PromptPositions positions(const Axis& tokens, const std::vector<PatchGrid>& grids) {
  return mrope_positions({.tokens = tokens, .grids = grids, .image_token = kImage, .merge = 2});
}

}  // namespace

TEST_CASE("text counts up on all three axes") {
  const PromptPositions p = positions({5, 6, 7}, {});
  for (const Axis& axis : p.axis) CHECK(axis == Axis{0, 1, 2});
  CHECK(p.delta == 0);
}

TEST_CASE("an image spreads over rows and columns, and what follows goes on behind its longer side") {
  // 2 x 3 visual tokens between text.
  const PromptPositions p = positions({1, 2, kImage, kImage, kImage, kImage, kImage, kImage, 3, 4},
                                      {{.frames = 1, .rows = 4, .columns = 6}});
  CHECK(p.axis[0] == Axis{0, 1, 2, 2, 2, 2, 2, 2, 5, 6});
  CHECK(p.axis[1] == Axis{0, 1, 2, 2, 2, 3, 3, 3, 5, 6});
  CHECK(p.axis[2] == Axis{0, 1, 2, 3, 4, 2, 3, 4, 5, 6});
  CHECK(p.delta == 7 - 10);
}

TEST_CASE("two images may follow each other without text between") {
  const PromptPositions p = positions({kImage, kImage, kImage, 8}, {{1, 2, 2}, {1, 2, 4}});
  CHECK(p.axis[0] == Axis{0, 1, 1, 3});
  CHECK(p.axis[2] == Axis{0, 1, 2, 3});
}

TEST_CASE("tokens and images that do not match are refused") {
  CHECK_THROWS_AS(static_cast<void>(positions({kImage}, {})), Error);
  CHECK_THROWS_AS(static_cast<void>(positions({1, 2}, {{1, 2, 2}})), Error);
  CHECK_THROWS_AS(static_cast<void>(positions({kImage, 1}, {{1, 2, 4}})), Error);
}
