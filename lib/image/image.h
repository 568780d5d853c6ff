// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// A picture in memory: owned 8-bit RGB, rows from the top without gaps, at least one pixel. A value;
/// thread-compatible. What a file says beside its pixels (orientation, transparency, palette) has been
/// applied before one of these exists.
namespace cachebench::image {

inline constexpr std::size_t kChannels = 3;

struct Size {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  [[nodiscard]] std::uint64_t pixels() const { return std::uint64_t{width} * height; }
  bool operator==(const Size&) const = default;
};

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  bool operator==(const Rgb&) const = default;
};

class Image {
 public:
  /// Black. REQUIRES: neither side is 0.
  explicit Image(Size size);
  /// Takes the bytes over. REQUIRES: neither side is 0, three bytes for each pixel.
  Image(Size size, std::vector<std::uint8_t> rgb);

  [[nodiscard]] Size size() const { return size_; }
  [[nodiscard]] std::uint32_t width() const { return size_.width; }
  [[nodiscard]] std::uint32_t height() const { return size_.height; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return rgb_; }
  [[nodiscard]] std::span<std::uint8_t> bytes() { return rgb_; }
  [[nodiscard]] std::span<const std::uint8_t> row(std::uint32_t y) const {
    return bytes().subspan(offset(0, y), size_.width * kChannels);
  }
  [[nodiscard]] Rgb at(std::uint32_t x, std::uint32_t y) const {
    const std::size_t i = offset(x, y);
    return {rgb_[i], rgb_[i + 1], rgb_[i + 2]};
  }
  void set(std::uint32_t x, std::uint32_t y, Rgb colour) {
    const std::size_t i = offset(x, y);
    rgb_[i] = colour.red;
    rgb_[i + 1] = colour.green;
    rgb_[i + 2] = colour.blue;
  }
  bool operator==(const Image&) const = default;

 private:
  [[nodiscard]] std::size_t offset(std::uint32_t x, std::uint32_t y) const {
    return (std::size_t{y} * size_.width + x) * kChannels;
  }

  Size size_;
  std::vector<std::uint8_t> rgb_;
};

/// Luma of Rec. 601 in thousandths of a step: 0 to 255,000, exact.
[[nodiscard]] constexpr std::uint32_t luma_thousandths(Rgb colour) {
  return 299U * colour.red + 587U * colour.green + 114U * colour.blue;
}

}  // namespace cachebench::image
