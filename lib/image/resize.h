// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "image/image.h"

/// Resizing by area: every target pixel is the mean of what lies under it, source pixels at its border
/// counted by the share inside. In integers, so the mean is exact before its one rounding and the same on
/// every machine; enlarging gives flat pixels. Pure functions.
namespace cachebench::image {

/// REQUIRES: neither side is 0 and the target has at most 2^26 pixels.
[[nodiscard]] Image resize_area(const Image& image, Size target);

/// Steps of the values of luma_grid in one of luma.
inline constexpr std::int64_t kLumaGridScale = 4096;
/// Mean luma (Rec. 601) of each cell, row by row, as kLumaGridScale-ths of a step: 0 to 255 · 4096.
/// REQUIRES: as resize_area, and the image has at most 2^30 pixels.
[[nodiscard]] std::vector<std::int64_t> luma_grid(const Image& image, Size cells);

}  // namespace cachebench::image
