// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/pixel_values.h"

#include "image/bicubic.h"

namespace cachebench::torch_model {
namespace {

float scaled(std::uint8_t step) {
  return static_cast<float>(step) / 127.5F - 1.0F;
}

/// One patch: channel, then time (a still image twice), then its rows.
void append_patch(const image::Image& picture, const model::VisionConfig& vision, std::uint32_t left,
                  std::uint32_t top, std::vector<float>& out) {
  for (std::size_t channel = 0; channel < image::kChannels; ++channel) {
    for (std::uint32_t frame = 0; frame < vision.temporal_patch; ++frame) {
      for (std::uint32_t y = top; y < top + vision.patch; ++y) {
        const auto row = picture.row(y);
        for (std::uint32_t x = left; x < left + vision.patch; ++x) {
          out.push_back(scaled(row[x * image::kChannels + channel]));
        }
      }
    }
  }
}

}  // namespace

PixelValues pixel_values(const image::Image& picture, const model::Geometry& geometry) {
  const model::VisionConfig& vision = geometry.vision();
  const model::ImageGrid target = geometry.grid_of(picture.width(), picture.height());
  const image::Image resized = image::resize_bicubic(picture, {target.width, target.height});
  PixelValues result;
  result.grid = {.frames = 1, .rows = target.height / vision.patch, .columns = target.width / vision.patch};
  result.values.reserve(target.patches * image::kChannels * vision.temporal_patch * vision.patch *
                        vision.patch);
  const std::uint32_t block = vision.patch * vision.merge;
  for (std::uint32_t top = 0; top < target.height; top += block) {
    for (std::uint32_t left = 0; left < target.width; left += block) {
      for (std::uint32_t y = top; y < top + block; y += vision.patch) {
        for (std::uint32_t x = left; x < left + block; x += vision.patch) {
          append_patch(resized, vision, x, y, result.values);
        }
      }
    }
  }
  return result;
}

}  // namespace cachebench::torch_model
