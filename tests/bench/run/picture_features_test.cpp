// SPDX-License-Identifier: Apache-2.0
#include "bench/run/picture_features.h"

#include <doctest/doctest.h>

#include "cache/similarity/accept_audit.h"
#include "core/file.h"
#include "core/hash.h"
#include "image/encode.h"
#include "image/scene.h"
#include "image/transform.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("files of one picture have like features, those of two do not, and what is no picture has none") {
  const testing::TempDir folder;
  const auto write = [&](const char* name, const image::Image& picture) {
    const std::vector<std::byte> bytes = image::encode_jpeg(picture, 90);
    write_file(folder / name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  const image::Image scene = image::draw_scene({.seed = 1, .size = {320, 240}});
  write("a.jpg", scene);
  write("b.jpg", image::recompress(scene, 50));
  write("c.jpg", image::draw_scene({.seed = 2, .size = {200, 300}}));
  write_file(folder / "d.txt", "not a picture");
  const ContentSource source(folder.path().string());
  PictureFeatures features;
  const auto a = features.of(source, hash_key("a"));
  const auto b = features.of(source, hash_key("b"));
  const auto c = features.of(source, hash_key("c"));
  REQUIRE(a != nullptr);
  REQUIRE(b != nullptr);
  REQUIRE(c != nullptr);
  CHECK(a->size() == 32 * 32 * 3);
  CHECK(features.of(source, hash_key("a")) == a);
  CHECK(features.of(source, hash_key("d")) == nullptr);
  CHECK(features.of(source, hash_key("nothing")) == nullptr);
  const auto copy = cache::error_between(*b, *a);
  const auto other = cache::error_between(*c, *a);
  REQUIRE(copy);
  REQUIRE(other);
  CHECK(copy->relative_l2 < 0.1);
  CHECK(other->relative_l2 > 3 * copy->relative_l2);
  for (const float value : *a) CHECK((value >= -1 && value <= 1));
}
