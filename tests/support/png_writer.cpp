// SPDX-License-Identifier: Apache-2.0
#include "support/png_writer.h"

#include <algorithm>

namespace cachebench::testing {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xFF);
  return text;
}

std::uint32_t crc32(std::string_view data) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

std::uint32_t adler32(std::string_view data) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char c : data) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

std::string stored_zlib(std::string_view data) {
  std::string out = "\x78\x01";
  do {
    const std::size_t length = std::min<std::size_t>(data.size(), 65535);
    const bool last = length == data.size();
    out += last ? '\1' : '\0';
    const auto n = static_cast<std::uint16_t>(length);
    for (const unsigned word : {unsigned{n}, static_cast<unsigned>(n) ^ 0xFFFFU}) {
      out += static_cast<char>(word & 0xFF);
      out += static_cast<char>(word >> 8 & 0xFF);
    }
    out += data.substr(0, length);
    data.remove_prefix(length);
  } while (!data.empty());
  return out;
}

}  // namespace

std::string png_chunk(std::string_view type, std::string_view body) {
  const std::string content = std::string(type) + std::string(body);
  return big_endian(static_cast<std::uint32_t>(body.size())) + content + big_endian(crc32(content));
}

std::string png_file(const PngSpec& spec) {
  std::string header = big_endian(spec.width) + big_endian(spec.height);
  header += static_cast<char>(spec.bit_depth);
  header += static_cast<char>(spec.colour_type);
  header += std::string(2, '\0');
  header += static_cast<char>(spec.interlace);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + spec.before_data +
         png_chunk("IDAT", stored_zlib(spec.rows) + big_endian(adler32(spec.rows))) + png_chunk("IEND", "");
}

std::string png_of_rgb(std::uint32_t width, std::uint32_t height, std::string_view rgb) {
  std::string rows;
  for (std::uint32_t y = 0; y < height; ++y) {
    rows += '\0';
    rows += rgb.substr(std::size_t{y} * width * 3, std::size_t{width} * 3);
  }
  return png_file({.width = width, .height = height, .rows = rows});
}

}  // namespace cachebench::testing
