// SPDX-License-Identifier: Apache-2.0
#include "image/scene.h"

#include <doctest/doctest.h>

#include "core/hamming.h"
#include "image/phash.h"

using namespace cachebench;
using namespace cachebench::image;

TEST_CASE("a scene is its spec's, and other seeds give unlike scenes") {
  const Image scene = draw_scene({.seed = 1});
  CHECK(scene.size() == Size{640, 480});
  CHECK(draw_scene({.seed = 1}) == scene);
  for (std::uint64_t seed = 2; seed < 20; ++seed) {
    CHECK(hamming_distance(phash(scene), phash(draw_scene({.seed = seed}))) > 8);
  }
}

TEST_CASE("a second eye sees another picture of the same ground") {
  const Image left = draw_scene({.seed = 5});
  const Image right = draw_scene({.seed = 5, .parallax_share = 0.04});
  std::size_t changed = 0;
  for (std::size_t i = 0; i < left.bytes().size(); ++i)
    changed += left.bytes()[i] != right.bytes()[i] ? 1U : 0U;
  CHECK(changed > left.bytes().size() / 50);
  CHECK(changed < left.bytes().size() * 3 / 4);
}

TEST_CASE("scenes of any size") {
  for (const Size size : {Size{1, 1}, Size{7, 300}, Size{300, 7}}) {
    CHECK(draw_scene({.seed = 3, .size = size}).size() == size);
    CHECK(draw_scene({.seed = 3, .size = size, .parallax_share = 0.5}).size() == size);
  }
}
