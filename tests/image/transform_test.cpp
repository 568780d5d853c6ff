// SPDX-License-Identifier: Apache-2.0
#include "image/transform.h"

#include <doctest/doctest.h>

#include <set>

#include "image/samples.h"

using namespace cachebench::image;
using namespace cachebench::testing;

TEST_CASE("cropping keeps the middle") {
  const Image picture = smooth_picture({100, 50});
  const Image middle = crop_borders(picture, 0.1);
  CHECK(middle.size() == Size{80, 40});
  CHECK(middle.at(0, 0) == picture.at(10, 5));
  CHECK(crop_borders(picture, 0) == picture);
  CHECK(crop_borders(smooth_picture({1, 1}), 0.45).size() == Size{1, 1});
}

TEST_CASE("brightness and noise are clipped and bounded") {
  const Image picture = smooth_picture({60, 40});
  CHECK(brighten(picture, 0) == picture);
  CHECK(brighten(picture, 255) == paint({60, 40}, [](auto, auto) { return Rgb{255, 255, 255}; }));
  CHECK(brighten(picture, -300) == Image(Size{60, 40}));
  CHECK(brighten(picture, 5).at(3, 3).red == picture.at(3, 3).red + 5);
  const Image noisy = add_noise(picture, 10, 1);
  CHECK(largest_difference(noisy, picture) <= 10);
  CHECK(largest_difference(noisy, picture) > 5);
  CHECK(add_noise(picture, 10, 1) == noisy);
  CHECK(add_noise(picture, 10, 2) != noisy);
  CHECK(add_noise(picture, 0, 2) == picture);
}

TEST_CASE("a watermark changes the lower right quarter alone") {
  const Image picture = smooth_picture({64, 64});
  const Image marked = watermark(picture);
  std::size_t changed = 0;
  for (std::uint32_t y = 0; y < 64; ++y) {
    for (std::uint32_t x = 0; x < 64; ++x) {
      if (marked.at(x, y) == picture.at(x, y)) continue;
      ++changed;
      CHECK((x >= 32 && y >= 32));
    }
  }
  CHECK(changed > 100);
}

TEST_CASE("turning moves the right way, back and forth is near the start, and none is none") {
  const Image picture = smooth_picture({80, 80});
  CHECK(rotate(picture, 0) == picture);
  // Clockwise by 45 degrees, what was at the left middle comes to the upper left diagonal.
  Image dot(Size{81, 81});
  for (std::uint32_t y = 38; y <= 42; ++y) {
    for (std::uint32_t x = 18; x <= 22; ++x) dot.set(x, y, {255, 255, 255});
  }
  const Image turned = rotate(dot, 45);
  CHECK(turned.at(40 - 14, 40 - 14).red > 200);
  CHECK(turned.at(20, 40).red == 0);
  const Image back = rotate(rotate(picture, 7), -7);
  for (std::uint32_t i = 25; i < 55; ++i) CHECK(std::abs(back.at(i, i).red - picture.at(i, i).red) <= 3);
}

TEST_CASE("the labelled transforms have names of their own and work on pictures of any shape") {
  std::set<std::string> names;
  for (const NamedTransform& one : labelled_transforms()) {
    CHECK(names.insert(one.name).second);
    for (const Size size : {Size{1, 1}, Size{3, 40}, Size{64, 48}}) {
      const Image picture = smooth_picture(size);
      const Image changed = one.apply(picture);
      CHECK(one.apply(picture) == changed);
      if (one.name.find("resize") == 0 && size.width == 64) CHECK(changed.size() != size);
    }
  }
  CHECK(names.size() >= 15);
  CHECK(largest_difference(recompress(smooth_picture({64, 48}), 90), smooth_picture({64, 48})) < 20);
}
