// SPDX-License-Identifier: Apache-2.0
#include "image/transform.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/check.h"
#include "core/rng.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/resize.h"

namespace cachebench::image {
namespace {

std::uint8_t clip(int value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

// To the nearest, halves up. REQUIRES: not negative.
std::uint32_t rounded(double value) {
  return (static_cast<std::uint32_t>(2 * value) + 1) / 2;
}

struct Turn {
  double cosine = 1;
  double sine = 0;
};

// From the tangent of half the angle, by its series: additions and multiplications only. Below 45 degrees the
// term left out is under 1e-6.
Turn turn_of(double degrees) {
  const double half = degrees * (3.14159265358979323846 / 360.0);
  const double square = half * half;
  const double tangent =
      half * (1 + square * (1.0 / 3 + square * (2.0 / 15 + square * (17.0 / 315 + square * (62.0 / 2835)))));
  const double scale = 1 / (1 + tangent * tangent);
  return {.cosine = (1 - tangent * tangent) * scale, .sine = 2 * tangent * scale};
}

// Linear between the four pixels around a place, the border going on for ever.
Rgb sample(const Image& image, double x, double y) {
  x = std::clamp(x, 0.0, static_cast<double>(image.width() - 1));
  y = std::clamp(y, 0.0, static_cast<double>(image.height() - 1));
  const auto left = static_cast<std::uint32_t>(x);
  const auto top = static_cast<std::uint32_t>(y);
  const std::uint32_t right = std::min(left + 1, image.width() - 1);
  const std::uint32_t bottom = std::min(top + 1, image.height() - 1);
  const double across = x - left;
  const double down = y - top;
  const auto mix = [&](std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    const double upper = a + (b - a) * across;
    const double lower = c + (d - c) * across;
    return static_cast<std::uint8_t>(rounded(upper + (lower - upper) * down));
  };
  const Rgb a = image.at(left, top);
  const Rgb b = image.at(right, top);
  const Rgb c = image.at(left, bottom);
  const Rgb d = image.at(right, bottom);
  return {mix(a.red, b.red, c.red, d.red), mix(a.green, b.green, c.green, d.green),
          mix(a.blue, b.blue, c.blue, d.blue)};
}

Image scaled(const Image& image, double factor) {
  const auto side = [&](std::uint32_t length) { return std::max(1U, rounded(length * factor)); };
  return resize_area(image, {side(image.width()), side(image.height())});
}

}  // namespace

Image crop_borders(const Image& image, double share) {
  CACHEBENCH_CHECK(share >= 0 && share <= 0.45, "share {}", share);
  const auto left = static_cast<std::uint32_t>(image.width() * share);
  const auto top = static_cast<std::uint32_t>(image.height() * share);
  Image result(Size{image.width() - 2 * left, image.height() - 2 * top});
  for (std::uint32_t y = 0; y < result.height(); ++y) {
    for (std::uint32_t x = 0; x < result.width(); ++x) result.set(x, y, image.at(x + left, y + top));
  }
  return result;
}

Image brighten(const Image& image, int steps) {
  Image result = image;
  for (std::uint8_t& value : result.bytes()) value = clip(value + steps);
  return result;
}

Image add_noise(const Image& image, int amplitude, std::uint64_t seed) {
  CACHEBENCH_CHECK(amplitude >= 0 && amplitude <= 255, "amplitude {}", amplitude);
  const std::uint64_t values = std::uint64_t{2} * static_cast<std::uint64_t>(amplitude) + 1;
  Rng rng(seed);
  Image result = image;
  for (std::uint8_t& value : result.bytes()) {
    const auto drawn = static_cast<int>(rng.below(values));
    value = clip(value + drawn - amplitude);
  }
  return result;
}

Image watermark(const Image& image) {
  Image result = image;
  const std::uint32_t bar = std::max(1U, image.width() / 64);
  for (std::uint32_t y = image.height() / 2; y < image.height(); ++y) {
    for (std::uint32_t x = image.width() / 2; x < image.width(); ++x) {
      if ((x + y) / bar % 3 != 0) continue;
      const Rgb old = image.at(x, y);
      const auto lighten = [](std::uint8_t value) { return static_cast<std::uint8_t>((value + 256) / 2); };
      result.set(x, y, {lighten(old.red), lighten(old.green), lighten(old.blue)});
    }
  }
  return result;
}

Image rotate(const Image& image, double degrees) {
  CACHEBENCH_CHECK(degrees >= -45 && degrees <= 45, "{} degrees", degrees);
  const Turn turn = turn_of(degrees);
  const double middle_x = (image.width() - 1) / 2.0;
  const double middle_y = (image.height() - 1) / 2.0;
  Image result(image.size());
  for (std::uint32_t y = 0; y < image.height(); ++y) {
    for (std::uint32_t x = 0; x < image.width(); ++x) {
      const double dx = x - middle_x;
      const double dy = y - middle_y;
      const double from_x = middle_x + turn.cosine * dx + turn.sine * dy;
      const double from_y = middle_y - turn.sine * dx + turn.cosine * dy;
      result.set(x, y, sample(image, from_x, from_y));
    }
  }
  return result;
}

Image recompress(const Image& image, int quality) {
  const auto file = encode_jpeg(image, quality);
  return decode({.name = "recompressed", .bytes = file}, {.max_pixels = image.size().pixels()});
}

std::vector<NamedTransform> labelled_transforms() {
  using Picture = const Image&;
  return {
      {"resize-200%", [](Picture image) { return scaled(image, 2.0); }},
      {"resize-50%", [](Picture image) { return scaled(image, 0.5); }},
      {"resize-20%", [](Picture image) { return scaled(image, 0.2); }},
      {"jpeg-90", [](Picture image) { return recompress(image, 90); }},
      {"jpeg-50", [](Picture image) { return recompress(image, 50); }},
      {"jpeg-10", [](Picture image) { return recompress(image, 10); }},
      {"brighter-20", [](Picture image) { return brighten(image, 20); }},
      {"darker-60", [](Picture image) { return brighten(image, -60); }},
      {"noise-10", [](Picture image) { return add_noise(image, 10, 1); }},
      {"noise-40", [](Picture image) { return add_noise(image, 40, 1); }},
      {"watermark", [](Picture image) { return watermark(image); }},
      {"crop-1%", [](Picture image) { return crop_borders(image, 0.01); }},
      {"crop-3%", [](Picture image) { return crop_borders(image, 0.03); }},
      {"crop-10%", [](Picture image) { return crop_borders(image, 0.10); }},
      {"rotate-0.5", [](Picture image) { return rotate(image, 0.5); }},
      {"rotate-2", [](Picture image) { return rotate(image, 2); }},
      {"rotate-10", [](Picture image) { return rotate(image, 10); }},
  };
}

}  // namespace cachebench::image
