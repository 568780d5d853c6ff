// SPDX-License-Identifier: Apache-2.0
#include "image/image.h"

#include <doctest/doctest.h>

using namespace cachebench::image;

TEST_CASE("an image holds what was set, row by row") {
  Image picture(Size{3, 2});
  CHECK(picture.bytes().size() == 18);
  CHECK(picture.at(2, 1) == Rgb{0, 0, 0});
  picture.set(2, 0, {1, 2, 3});
  picture.set(0, 1, {4, 5, 6});
  CHECK(picture.bytes()[6] == 1);
  CHECK(picture.row(1)[0] == 4);
  CHECK(picture.row(1).size() == 9);
  const Image copy = picture;
  CHECK(copy == picture);
  picture.set(0, 0, {9, 9, 9});
  CHECK(copy != picture);
}

TEST_CASE("luma is Rec. 601's, exact at its ends") {
  CHECK(luma_thousandths({0, 0, 0}) == 0);
  CHECK(luma_thousandths({255, 255, 255}) == 255'000);
  CHECK(luma_thousandths({1, 0, 0}) == 299);
  CHECK(luma_thousandths({0, 1, 0}) == 587);
  CHECK(luma_thousandths({0, 0, 1}) == 114);
}
