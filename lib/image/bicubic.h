// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image.h"

/// Bicubic resizing with antialiasing, as vision models are trained on: the cubic kernel with a = -1/2,
/// widened by the scale when shrinking, first across, then down, each pass rounded to 8 bits. Weights are
/// fixed-point numbers of 22 bits made from plain products, so the same pixels come out on every machine;
/// they are those of Pillow's resampler, whose results this reproduces. Pure function.
namespace cachebench::image {

/// REQUIRES: neither side of the target is 0 and it has at most 2^26 pixels.
[[nodiscard]] Image resize_bicubic(const Image& image, Size target);

}  // namespace cachebench::image
