// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// PNG files written by hand, so that a test can make every kind of them, broken ones included, without the
/// library under test. Nothing is compressed (stored deflate blocks).
namespace cachebench::testing {

struct PngSpec {
  std::uint32_t width = 1;
  std::uint32_t height = 1;
  std::uint8_t bit_depth = 8;
  std::uint8_t colour_type = 2;  ///< 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
  std::uint8_t interlace = 0;
  std::string before_data = {};  ///< whole chunks: palette, transparency, EXIF
  std::string rows = {};         ///< scan lines, each behind its filter byte
};

/// Length, type, body and check sum.
[[nodiscard]] std::string png_chunk(std::string_view type, std::string_view body);
[[nodiscard]] std::string png_file(const PngSpec& spec);
/// 8-bit RGB of `rgb`, three bytes a pixel.
[[nodiscard]] std::string png_of_rgb(std::uint32_t width, std::uint32_t height, std::string_view rgb);

}  // namespace cachebench::testing
