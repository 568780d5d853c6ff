// SPDX-License-Identifier: Apache-2.0
#include "image/resize.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/rng.h"
#include "image/samples.h"

using namespace cachebench;
using namespace cachebench::image;
using namespace cachebench::testing;

namespace {

Image noise(Size size, std::uint64_t seed) {
  Rng rng(seed);
  return paint(size, [&](std::uint32_t, std::uint32_t) {
    const std::uint64_t word = rng.next();
    return Rgb{static_cast<std::uint8_t>(word), static_cast<std::uint8_t>(word >> 8),
               static_cast<std::uint8_t>(word >> 16)};
  });
}

// The share of [i/n, (i+1)/n) that lies in [j/m, (j+1)/m), as a real number.
double overlap(std::uint32_t i, std::uint32_t n, std::uint32_t j, std::uint32_t m) {
  const double begin = std::max(double(i) / n, double(j) / m);
  const double end = std::min(double(i + 1) / n, double(j + 1) / m);
  return std::max(0.0, end - begin) * n;
}

// The mean under a target pixel, over all source pixels.
double slow_mean(const Image& image, Size target, std::uint32_t x, std::uint32_t y,
                 const std::function<double(Rgb)>& value) {
  double sum = 0;
  for (std::uint32_t sy = 0; sy < image.height(); ++sy) {
    for (std::uint32_t sx = 0; sx < image.width(); ++sx) {
      sum += overlap(x, target.width, sx, image.width()) * overlap(y, target.height, sy, image.height()) *
             value(image.at(sx, sy));
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("area resize equals the mean under each pixel, smaller and larger") {
  const Size sizes[] = {{1, 1}, {5, 3}, {7, 7}, {16, 9}};
  for (const Size from : sizes) {
    const Image image = noise(from, from.pixels());
    for (const Size to : {Size{1, 1}, Size{2, 5}, Size{7, 7}, Size{11, 4}}) {
      const Image small = resize_area(image, to);
      const auto grid = luma_grid(image, to);
      for (std::uint32_t y = 0; y < to.height; ++y) {
        for (std::uint32_t x = 0; x < to.width; ++x) {
          const double green = slow_mean(image, to, x, y, [](Rgb c) { return double(c.green); });
          CHECK(std::abs(small.at(x, y).green - green) <= 0.5 + 1e-9);
          const double luma = slow_mean(image, to, x, y, [](Rgb c) { return luma_thousandths(c) / 1000.0; });
          CHECK(std::abs(double(grid[y * to.width + x]) / kLumaGridScale - luma) <=
                0.5 / kLumaGridScale + 1e-9);
        }
      }
    }
  }
}

TEST_CASE("the same size is the same picture, and a flat one stays flat") {
  const Image image = noise({23, 19}, 1);
  CHECK(resize_area(image, image.size()) == image);
  const Image flat = paint({37, 53}, [](auto, auto) { return Rgb{200, 100, 50}; });
  const Image small = resize_area(flat, {10, 7});
  CHECK(small == paint({10, 7}, [](auto, auto) { return Rgb{200, 100, 50}; }));
  for (const std::int64_t value : luma_grid(flat, {32, 32})) {
    CHECK(value == (luma_thousandths({200, 100, 50}) * kLumaGridScale + 500) / 1000);
  }
}

TEST_CASE("the grid's range is that of luma") {
  const Image white = paint({3, 3}, [](auto, auto) { return Rgb{255, 255, 255}; });
  CHECK(luma_grid(white, {1, 1})[0] == 255 * kLumaGridScale);
  CHECK(luma_grid(Image(Size{3, 3}), {2, 2})[3] == 0);
}

TEST_CASE("extreme shapes") {
  const Image wide = paint({5000, 1}, [](std::uint32_t x, auto) {
    return x < 2500 ? Rgb{0, 0, 0} : Rgb{255, 255, 255};
  });
  const auto grid = luma_grid(wide, {32, 32});
  CHECK(grid[0] == 0);
  CHECK(grid[31] == 255 * kLumaGridScale);
  CHECK(grid[15] == 0);
  CHECK(grid[16] == 255 * kLumaGridScale);
  CHECK(resize_area(wide, {1, 40}).at(0, 39) == Rgb{128, 128, 128});
}
