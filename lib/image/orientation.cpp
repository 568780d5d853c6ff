// SPDX-License-Identifier: Apache-2.0
#include "image/orientation.h"

#include <utility>

namespace cachebench::image {
namespace {

constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShort = 3;
constexpr std::size_t kDirectoryEntryBytes = 12;

// Integers of either byte order out of a span; what lies beyond its end reads as 0.
class TiffReader {
 public:
  TiffReader(std::span<const std::byte> data, bool big_endian) : data_(data), big_endian_(big_endian) {}
  [[nodiscard]] std::uint32_t integer(std::size_t at, std::size_t bytes) const {
    if (at > data_.size() || data_.size() - at < bytes) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::size_t from = big_endian_ ? at + i : at + bytes - 1 - i;
      value = value << 8 | std::to_integer<std::uint32_t>(data_[from]);
    }
    return value;
  }

 private:
  std::span<const std::byte> data_;
  bool big_endian_;
};

bool swaps_sides(Orientation orientation) {
  return orientation >= Orientation::kTransposed;
}

struct Place {
  std::uint32_t x = 0;
  std::uint32_t y = 0;
};

// Where pixel (x, y) of the upright picture lies in the stored one of size `stored`.
Place stored_place(Place upright, Size stored, Orientation orientation) {
  const std::uint32_t right = stored.width - 1;
  const std::uint32_t bottom = stored.height - 1;
  const auto [x, y] = upright;
  switch (orientation) {
    case Orientation::kUpright:
      break;
    case Orientation::kMirrored:
      return {right - x, y};
    case Orientation::kHalfTurn:
      return {right - x, bottom - y};
    case Orientation::kFlipped:
      return {x, bottom - y};
    case Orientation::kTransposed:
      return {y, x};
    case Orientation::kQuarterTurnRight:
      return {y, bottom - x};
    case Orientation::kTransversed:
      return {right - y, bottom - x};
    case Orientation::kQuarterTurnLeft:
      return {right - y, x};
  }
  return upright;
}

}  // namespace

Orientation exif_orientation(std::span<const std::byte> tiff) noexcept {
  if (tiff.size() < 8) return Orientation::kUpright;
  const bool big_endian = tiff[0] == std::byte{'M'} && tiff[1] == std::byte{'M'};
  const bool little_endian = tiff[0] == std::byte{'I'} && tiff[1] == std::byte{'I'};
  const TiffReader reader(tiff, big_endian);
  if (!(big_endian || little_endian) || reader.integer(2, 2) != 42) return Orientation::kUpright;
  const std::size_t directory = reader.integer(4, 4);
  const std::uint32_t entries = reader.integer(directory, 2);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kDirectoryEntryBytes;
    if (entry + kDirectoryEntryBytes > tiff.size()) break;
    if (reader.integer(entry, 2) != kOrientationTag) continue;
    const std::uint32_t value = reader.integer(entry + 8, 2);
    const bool valid = reader.integer(entry + 2, 2) == kShort && reader.integer(entry + 4, 4) == 1 &&
                       value >= 1 && value <= 8;
    return valid ? static_cast<Orientation>(value) : Orientation::kUpright;
  }
  return Orientation::kUpright;
}

Size oriented_size(Size stored, Orientation orientation) {
  if (swaps_sides(orientation)) std::swap(stored.width, stored.height);
  return stored;
}

Image oriented(Image stored, Orientation orientation) {
  if (orientation == Orientation::kUpright) return stored;
  Image upright(oriented_size(stored.size(), orientation));
  for (std::uint32_t y = 0; y < upright.height(); ++y) {
    for (std::uint32_t x = 0; x < upright.width(); ++x) {
      const Place from = stored_place({x, y}, stored.size(), orientation);
      upright.set(x, y, stored.at(from.x, from.y));
    }
  }
  return upright;
}

}  // namespace cachebench::image
