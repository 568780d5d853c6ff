// SPDX-License-Identifier: Apache-2.0
#include "image/encode.h"

#include <doctest/doctest.h>

#include "image/decode.h"
#include "image/samples.h"

using namespace cachebench::image;
using namespace cachebench::testing;

TEST_CASE("an encoded picture decodes to nearly itself, and lower quality takes fewer bytes") {
  const Image picture = smooth_picture({120, 77});
  const auto good = encode_jpeg(picture, 95);
  const auto poor = encode_jpeg(picture, 10);
  CHECK(poor.size() < good.size());
  const Image back = decode({.name = "good", .bytes = good});
  CHECK(largest_difference(back, picture) <= 12);
  CHECK(encode_jpeg(picture, 95) == good);
  CHECK(decode({.name = "pixel", .bytes = encode_jpeg(smooth_picture({1, 1}), 1)}).size() == Size{1, 1});
}
