// SPDX-License-Identifier: Apache-2.0
#include "image/jpeg_header.h"

#include <fmt/format.h>

#include "image/decode_error.h"

namespace cachebench::image {
namespace {

constexpr unsigned kStartOfScan = 0xDA;
constexpr unsigned kEndOfImage = 0xD9;
constexpr unsigned kExif = 0xE1;
constexpr std::string_view kExifName{"Exif\0\0", 6};

// Frame headers: C0 to CF without DHT (C4), JPG (C8) and DAC (CC).
bool starts_frame(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// Baseline, extended, progressive; the last two also with arithmetic coding.
bool is_read(unsigned marker) {
  return marker <= 0xC2 || marker == 0xC9 || marker == 0xCA;
}

bool stands_alone(unsigned marker) {
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

class Walker {
 public:
  explicit Walker(const Source& source) : source_(source) {}

  JpegHeader read() {
    at_ = 2;  // behind the start marker
    for (;;) {
      const unsigned marker = next_marker();
      if (stands_alone(marker)) continue;
      if (marker == kEndOfImage) throw broken("no picture in it");
      const std::span<const std::byte> body = segment();
      if (marker == kStartOfScan) break;
      if (starts_frame(marker)) read_frame(marker, body);
      if (marker == kExif) read_exif(body);
    }
    if (!frame_seen_) throw broken("a scan before the frame header");
    return header_;
  }

 private:
  [[nodiscard]] Error broken(std::string_view reason) const {
    return decode_error(source_.name, fmt::format("broken JPEG: {}", reason));
  }

  unsigned byte() {
    if (at_ >= source_.bytes.size()) throw broken("it ends within its header");
    return std::to_integer<unsigned>(source_.bytes[at_++]);
  }

  unsigned next_marker() {
    if (byte() != 0xFF) throw broken("a marker is missing");
    unsigned marker = byte();
    while (marker == 0xFF) marker = byte();  // fill bytes
    if (marker == 0) throw broken("a marker is missing");
    return marker;
  }

  std::span<const std::byte> segment() {
    const unsigned high = byte();
    const std::size_t length = high << 8 | byte();
    if (length < 2 || source_.bytes.size() - at_ < length - 2) throw broken("it ends within its header");
    const auto body = source_.bytes.subspan(at_, length - 2);
    at_ += length - 2;
    return body;
  }

  void read_frame(unsigned marker, std::span<const std::byte> body) {
    if (frame_seen_) throw broken("two frame headers");
    frame_seen_ = true;
    if (!is_read(marker)) {
      throw decode_error(source_.name, "lossless and hierarchical JPEG is not read: convert it first");
    }
    if (body.size() < 6) throw broken("a frame header that is too short");
    const auto value = [&](std::size_t i) { return std::to_integer<std::uint32_t>(body[i]); };
    if (value(0) != 8) {
      throw decode_error(source_.name, fmt::format("JPEG of {} bits is not read, only of 8", value(0)));
    }
    header_.stored = {.width = value(3) << 8 | value(4), .height = value(1) << 8 | value(2)};
    header_.components = static_cast<std::uint8_t>(value(5));
    if (header_.components != 1 && header_.components != 3 && header_.components != 4) {
      throw decode_error(source_.name, fmt::format("JPEG of {} components is not read", header_.components));
    }
  }

  // The first one counts.
  void read_exif(std::span<const std::byte> body) {
    if (exif_seen_ || body.size() < kExifName.size()) return;
    if (std::string_view(reinterpret_cast<const char*>(body.data()), kExifName.size()) != kExifName) return;
    exif_seen_ = true;
    header_.orientation = exif_orientation(body.subspan(kExifName.size()));
  }

  Source source_;
  std::size_t at_ = 0;
  bool frame_seen_ = false;
  bool exif_seen_ = false;
  JpegHeader header_;
};

}  // namespace

JpegHeader read_jpeg_header(const Source& source) {
  return Walker(source).read();
}

}  // namespace cachebench::image
