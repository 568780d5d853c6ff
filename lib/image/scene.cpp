// SPDX-License-Identifier: Apache-2.0
#include "image/scene.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/rng.h"

namespace cachebench::image {
namespace {

constexpr std::size_t kShapes = 24;

struct Body {
  double nearness = 0;  ///< 0 the ground, 1 the nearest
  double x = 0;         ///< centre and half sides, as shares of the picture
  double y = 0;
  double half_width = 0;
  double half_height = 0;
  bool is_round = false;
  std::array<double, kChannels> colour{};
  double shade_across = 0;  ///< change of brightness from the centre to a side
  double shade_down = 0;
};

double between(double low, double high, Rng& rng) {
  return low + (high - low) * rng.uniform();
}

Body draw_shape(double nearness, Rng& rng) {
  Body shape;
  shape.nearness = nearness;
  shape.x = rng.uniform();
  shape.y = between(0.1, 0.95, rng);
  const double size = between(0.04, 0.10, rng) + 0.15 * nearness * rng.uniform();
  const double stretch = between(0.6, 1.6, rng);
  shape.half_width = size * stretch;
  shape.half_height = size / stretch;
  shape.is_round = rng.below(2) == 0;
  for (double& channel : shape.colour) channel = between(10, 245, rng);
  shape.shade_across = between(-50, 50, rng);
  shape.shade_down = between(-50, 50, rng);
  return shape;
}

std::uint8_t channel_of(double value) {
  return static_cast<std::uint8_t>((static_cast<int>(2 * std::clamp(value, 0.0, 255.0)) + 1) / 2);
}

void fill_ground(Image& image, Rng& rng) {
  std::array<double, kChannels> top{};
  std::array<double, kChannels> bottom{};
  for (double& channel : top) channel = between(60, 240, rng);
  for (double& channel : bottom) channel = between(20, 200, rng);
  const double slope = between(-60, 60, rng);
  for (std::uint32_t y = 0; y < image.height(); ++y) {
    for (std::uint32_t x = 0; x < image.width(); ++x) {
      const double down = static_cast<double>(y) / image.height();
      const double side = slope * (static_cast<double>(x) / image.width() - 0.5);
      const auto mix = [&](std::size_t channel) {
        return channel_of(top[channel] + (bottom[channel] - top[channel]) * down + side);
      };
      image.set(x, y, {mix(0), mix(1), mix(2)});
    }
  }
}

void paint_shape(Image& image, const Body& shape, double parallax_share) {
  const double width = image.width();
  const double height = image.height();
  const double centre_x = (shape.x - parallax_share * shape.nearness) * width;
  const double centre_y = shape.y * height;
  const auto first = [](double place) { return static_cast<std::uint32_t>(std::max(0.0, place)); };
  const auto last_x = static_cast<std::uint32_t>(std::clamp(centre_x + shape.half_width * width, 0.0, width));
  const auto last_y =
      static_cast<std::uint32_t>(std::clamp(centre_y + shape.half_height * height, 0.0, height));
  for (std::uint32_t y = first(centre_y - shape.half_height * height); y < last_y; ++y) {
    for (std::uint32_t x = first(centre_x - shape.half_width * width); x < last_x; ++x) {
      const double across = (x - centre_x) / (shape.half_width * width);
      const double down = (y - centre_y) / (shape.half_height * height);
      if (shape.is_round && across * across + down * down > 1) continue;
      const double shade = shape.shade_across * across + shape.shade_down * down;
      image.set(x, y,
                {channel_of(shape.colour[0] + shade), channel_of(shape.colour[1] + shade),
                 channel_of(shape.colour[2] + shade)});
    }
  }
}

}  // namespace

Image draw_scene(const SceneSpec& spec) {
  Rng rng(spec.seed);
  Image image(spec.size);
  fill_ground(image, rng);
  for (std::size_t i = 0; i < kShapes; ++i) {
    const double nearness = static_cast<double>(i + 1) / kShapes;
    paint_shape(image, draw_shape(nearness, rng), spec.parallax_share);
  }
  return image;
}

}  // namespace cachebench::image
