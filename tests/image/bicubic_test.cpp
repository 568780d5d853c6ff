// SPDX-License-Identifier: Apache-2.0
#include "image/bicubic.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::image;

namespace {

Image noise(Size size, std::uint64_t seed) {
  Image image(size);
  Rng rng(seed);
  for (std::uint8_t& value : image.bytes()) value = static_cast<std::uint8_t>(rng.below(256));
  return image;
}

double cubic(double x) {
  x = std::abs(x);
  if (x < 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
  if (x < 2) return -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
  return 0;
}

// One pass over a row of numbers, straight from the definition, without rounding.
std::vector<double> pass(const std::vector<double>& row, std::uint32_t target) {
  const double scale = static_cast<double>(row.size()) / target;
  const double widening = std::max(scale, 1.0);
  std::vector<double> result;
  for (std::uint32_t position = 0; position < target; ++position) {
    const double centre = (position + 0.5) * scale - 0.5;
    double sum = 0;
    double weights = 0;
    for (std::size_t at = 0; at < row.size(); ++at) {
      const double weight = cubic((static_cast<double>(at) - centre) / widening);
      sum += weight * row[at];
      weights += weight;
    }
    result.push_back(sum / weights);
  }
  return result;
}

}  // namespace

TEST_CASE("the same size gives the same picture") {
  const Image image = noise({13, 7}, 1);
  CHECK(resize_bicubic(image, {13, 7}) == image);
}

TEST_CASE("a flat picture stays flat at any size") {
  Image image({9, 5});
  for (std::uint32_t y = 0; y < 5; ++y) {
    for (std::uint32_t x = 0; x < 9; ++x) image.set(x, y, {200, 3, 255});
  }
  for (const Size size : {Size{1, 1}, Size{4, 9}, Size{64, 2}}) {
    const Image resized = resize_bicubic(image, size);
    for (std::uint32_t y = 0; y < size.height; ++y) {
      for (std::uint32_t x = 0; x < size.width; ++x) CHECK(resized.at(x, y) == Rgb{200, 3, 255});
    }
  }
}

TEST_CASE("each pass is the definition's, within its one rounding") {
  const Image image = noise({37, 1}, 3);
  for (const std::uint32_t width : {1U, 2U, 12U, 36U, 38U, 90U}) {
    CAPTURE(width);
    const Image resized = resize_bicubic(image, {width, 1});
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      std::vector<double> row;
      for (std::size_t x = 0; x < 37; ++x) row.push_back(image.bytes()[x * kChannels + channel]);
      const std::vector<double> expected = pass(row, width);
      for (std::size_t x = 0; x < width; ++x) {
        const double clamped = std::clamp(expected[x], 0.0, 255.0);
        CHECK(std::abs(resized.bytes()[x * kChannels + channel] - clamped) <= 0.51);
      }
    }
  }
}

TEST_CASE("across and down are alike") {
  const Image row = noise({23, 1}, 5);
  Image column({1, 23});
  for (std::uint32_t i = 0; i < 23; ++i) column.set(0, i, row.at(i, 0));
  const Image a = resize_bicubic(row, {10, 1});
  const Image b = resize_bicubic(column, {1, 10});
  for (std::uint32_t i = 0; i < 10; ++i) CHECK(a.at(i, 0) == b.at(0, i));
}
