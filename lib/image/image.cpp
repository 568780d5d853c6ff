// SPDX-License-Identifier: Apache-2.0
#include "image/image.h"

#include <utility>

#include "core/check.h"

namespace cachebench::image {

Image::Image(Size size) : Image(size, std::vector<std::uint8_t>(size.pixels() * kChannels)) {}

Image::Image(Size size, std::vector<std::uint8_t> rgb) : size_(size), rgb_(std::move(rgb)) {
  CACHEBENCH_CHECK(size.width > 0 && size.height > 0, "{}x{}", size.width, size.height);
  CACHEBENCH_CHECK(rgb_.size() == size.pixels() * kChannels, "{} bytes for {}x{} pixels", rgb_.size(),
                   size.width, size.height);
}

}  // namespace cachebench::image
