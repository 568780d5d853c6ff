// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/pixel_values.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/error.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::torch_model;

TEST_CASE("patches come in merged blocks, channel before time before place") {
  // 128 x 64 pixels are within the tiny model's limits: no resizing, 4 x 8 patches.
  image::Image picture({128, 64});
  Rng rng(1);
  for (std::uint8_t& value : picture.bytes()) value = static_cast<std::uint8_t>(rng.below(256));
  const PixelValues pixels = pixel_values(picture, model::geometry_named("tiny"));
  CHECK(pixels.grid == model::PatchGrid{1, 4, 8});
  REQUIRE(pixels.values.size() == 32 * 1536);
  const auto value = [&](std::size_t row, std::size_t channel, std::size_t frame, std::size_t y,
                         std::size_t x) {
    return pixels.values[row * 1536 + channel * 512 + frame * 256 + y * 16 + x];
  };
  const auto expected = [&](std::uint32_t x, std::uint32_t y, std::size_t channel) {
    const image::Rgb rgb = picture.at(x, y);
    const std::uint8_t step = channel == 0 ? rgb.red : channel == 1 ? rgb.green : rgb.blue;
    return static_cast<float>(step) / 127.5F - 1.0F;
  };
  // Row 6 is the third patch of the second block: second row of the block, first column.
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (const std::size_t frame : {0U, 1U}) {
      CHECK(value(0, channel, frame, 3, 5) == expected(5, 3, channel));
      CHECK(value(1, channel, frame, 3, 5) == expected(16 + 5, 3, channel));
      CHECK(value(6, channel, frame, 3, 5) == expected(32 + 5, 16 + 3, channel));
      CHECK(value(16, channel, frame, 0, 0) == expected(0, 32, channel));
    }
  }
}

TEST_CASE("a picture outside the limits is resized by the model's rule") {
  CHECK(pixel_values(image::Image({10, 10}), model::geometry_named("tiny")).grid ==
        model::PatchGrid{1, 4, 4});
  CHECK_THROWS_AS(static_cast<void>(pixel_values(image::Image({1000, 1}), model::geometry_named("tiny"))),
                  Error);
}
