// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "image/image.h"

/// Picture files to pixels: PNG (libspng) and JPEG (libjpeg-turbo). EXIF orientation is applied, transparency
/// composited on white, grey, palette, 16-bit and CMYK pictures become 8-bit RGB; colour profiles and gamma
/// are ignored. A file that is broken, cut short, of another format or larger than the limits throws
/// Error{kInput} "NAME: reason" before memory beyond the limits is asked for; so does a picture that a
/// lenient viewer would show with a part missing. Pure functions; the same pixels on every machine with the
/// same two libraries.
namespace cachebench::image {

struct DecodeLimits {
  /// 64 Mi pixels: four times what the model ever sees. PNG decoding takes up to four bytes for each, JPEG up
  /// to nine.
  std::uint64_t max_pixels = std::uint64_t{1} << 26;
};

enum class Format : std::uint8_t { kPng, kJpeg };
[[nodiscard]] std::string_view name_of(Format format);

/// A file's content and what to call it in messages. Not owned.
struct Source {
  std::string_view name;
  std::span<const std::byte> bytes;
};

/// From the first bytes. Throws Error{kInput} that names the format where it is a known one.
[[nodiscard]] Format detect_format(const Source& source);

/// What the header says, orientation applied; no pixel is decoded and no limit on their number holds.
struct ImageInfo {
  Format format = Format::kPng;
  Size size;
};
[[nodiscard]] ImageInfo inspect(const Source& source);

[[nodiscard]] Image decode(const Source& source, const DecodeLimits& limits = {});
/// decode() of a whole file.
[[nodiscard]] Image decode_file(const std::string& path, const DecodeLimits& limits = {});

}  // namespace cachebench::image
