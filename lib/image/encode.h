// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "image/image.h"

/// Pixels to a JPEG file in memory (libjpeg-turbo), for copies as they travel: recompressed. Pure functions;
/// the same bytes on every machine with the same library.
namespace cachebench::image {

/// Colour at half resolution both ways, as cameras and web sites store it. REQUIRES: quality from 1 to 100,
/// sides up to 65,500.
[[nodiscard]] std::vector<std::byte> encode_jpeg(const Image& image, int quality);

}  // namespace cachebench::image
