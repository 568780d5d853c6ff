// SPDX-License-Identifier: Apache-2.0
#include "image/decode.h"

#include <fmt/format.h>

#include <array>

#include "core/error.h"
#include "core/file.h"
#include "image/decode_error.h"
#include "image/jpeg.h"
#include "image/png.h"

namespace cachebench::image {
namespace {

struct Magic {
  std::size_t at;
  std::string_view bytes;
  std::string_view format;
};

constexpr std::string_view kPngMagic = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpegMagic = "\xff\xd8\xff";

// Formats that people hand in and that are not read, so that the message can say which one it was.
constexpr std::array kOthers{
    Magic{0, {"II*\0", 4}, "TIFF"},  Magic{0, {"MM\0*", 4}, "TIFF"},   Magic{0, {"II+\0", 4}, "BigTIFF"},
    Magic{0, "GIF8", "GIF"},         Magic{8, "WEBP", "WebP"},         Magic{0, "BM", "BMP"},
    Magic{4, "ftypavif", "AVIF"},    Magic{4, "ftyphei", "HEIC"},      Magic{4, "ftypmif1", "HEIF"},
    Magic{0, "%PDF", "PDF"},         Magic{0, {"\0\0\1\0", 4}, "ICO"}, Magic{0, "8BPS", "Photoshop"},
    Magic{0, "\xff\x0a", "JPEG XL"}, Magic{4, "JXL ", "JPEG XL"},      Magic{4, "jP  ", "JPEG 2000"},
    Magic{0, "P5", "Netpbm"},        Magic{0, "P6", "Netpbm"},         Magic{0, "<svg", "SVG"},
    Magic{0, "<?xml", "SVG or XML"},
};

bool starts_with(std::span<const std::byte> bytes, std::string_view magic, std::size_t at = 0) {
  if (bytes.size() < at + magic.size()) return false;
  return std::string_view(reinterpret_cast<const char*>(bytes.data()) + at, magic.size()) == magic;
}

}  // namespace

std::string_view name_of(Format format) {
  return format == Format::kPng ? "PNG" : "JPEG";
}

Format detect_format(const Source& source) {
  if (source.bytes.empty()) throw decode_error(source.name, "the file is empty");
  if (starts_with(source.bytes, kPngMagic)) return Format::kPng;
  if (starts_with(source.bytes, kJpegMagic)) return Format::kJpeg;
  for (const Magic& other : kOthers) {
    if (starts_with(source.bytes, other.bytes, other.at)) {
      throw decode_error(source.name,
                         fmt::format("{} is not read, only PNG and JPEG: convert it first", other.format));
    }
  }
  throw decode_error(source.name, "neither a PNG nor a JPEG file");
}

ImageInfo inspect(const Source& source) {
  const Format format = detect_format(source);
  return {.format = format, .size = format == Format::kPng ? inspect_png(source) : inspect_jpeg(source)};
}

Image decode(const Source& source, const DecodeLimits& limits) {
  return detect_format(source) == Format::kPng ? decode_png(source, limits) : decode_jpeg(source, limits);
}

Image decode_file(const std::string& path, const DecodeLimits& limits) {
  const MappedFile file(path);
  return decode({.name = path, .bytes = file.bytes()}, limits);
}

}  // namespace cachebench::image
