// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "image/image.h"

/// What happens to a picture on its way to a second upload, so that near-duplicates are known by
/// construction: the labelled set on which similarity is judged. Pure functions of picture, amount and seed,
/// the same on every machine; all but resizing, cropping and turning keep the size.
namespace cachebench::image {

/// Without `share` of the width and height at each border. REQUIRES: 0 to 0.45.
[[nodiscard]] Image crop_borders(const Image& image, double share);
/// Every channel by `steps` up or down, clipped.
[[nodiscard]] Image brighten(const Image& image, int steps);
/// Every channel by a random amount up to `amplitude` up or down, clipped.
[[nodiscard]] Image add_noise(const Image& image, int amplitude, std::uint64_t seed);
/// A half-transparent white grille over the lower right quarter.
[[nodiscard]] Image watermark(const Image& image);
/// About its middle, clockwise, with linear interpolation; borders are stretched into the corners.
/// REQUIRES: −45 to 45.
[[nodiscard]] Image rotate(const Image& image, double degrees);
/// Encoded as JPEG and decoded again.
[[nodiscard]] Image recompress(const Image& image, int quality);

struct NamedTransform {
  std::string name;  ///< "jpeg-50"
  std::function<Image(const Image&)> apply;
};
/// Mild to strong of each sort.
[[nodiscard]] std::vector<NamedTransform> labelled_transforms();

}  // namespace cachebench::image
