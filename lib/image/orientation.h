// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "image/image.h"

/// How a camera was held: the orientation tag of EXIF (0x0112 of the first directory), read and applied. Pure
/// functions; a tag that is missing, malformed or out of range means upright, as viewers take it.
namespace cachebench::image {

/// The tag's own values: where row 0 and column 0 of the stored pixels belong.
enum class Orientation : std::uint8_t {
  kUpright = 1,
  kMirrored = 2,
  kHalfTurn = 3,
  kFlipped = 4,
  kTransposed = 5,
  kQuarterTurnRight = 6,  ///< turn the stored picture clockwise to see it upright
  kTransversed = 7,
  kQuarterTurnLeft = 8,
};

/// `tiff` starts with the byte order mark "II" or "MM", as in PNG's eXIf chunk and after JPEG's "Exif\0\0".
[[nodiscard]] Orientation exif_orientation(std::span<const std::byte> tiff) noexcept;

[[nodiscard]] Size oriented_size(Size stored, Orientation orientation);
[[nodiscard]] Image oriented(Image stored, Orientation orientation);

}  // namespace cachebench::image
