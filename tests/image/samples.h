// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>
#include <turbojpeg.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/error.h"
#include "image/decode.h"
#include "support/png_writer.h"

/// Pictures and files for the tests of image: made here, none taken from elsewhere.
namespace cachebench::testing {

inline image::Source source_of(std::string_view file, std::string_view name = "sample") {
  return {.name = name, .bytes = std::as_bytes(std::span(file))};
}

/// A picture whose pixels come from a function of their place.
inline image::Image paint(image::Size size,
                          const std::function<image::Rgb(std::uint32_t, std::uint32_t)>& colour) {
  image::Image picture(size);
  for (std::uint32_t y = 0; y < size.height; ++y) {
    for (std::uint32_t x = 0; x < size.width; ++x) picture.set(x, y, colour(x, y));
  }
  return picture;
}

/// Smooth and without symmetry, so that JPEG keeps it and a turn shows.
inline image::Image smooth_picture(image::Size size) {
  return paint(size, [&](std::uint32_t x, std::uint32_t y) {
    return image::Rgb{static_cast<std::uint8_t>(x * 250 / size.width),
                      static_cast<std::uint8_t>(y * 250 / size.height),
                      static_cast<std::uint8_t>((x + 2 * y) * 80 / (size.width + 2 * size.height))};
  });
}

inline std::string png_of(const image::Image& picture) {
  const auto bytes = picture.bytes();
  return png_of_rgb(picture.width(), picture.height(),
                    {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

struct JpegOptions {
  int quality = 95;
  int subsampling = TJSAMP_444;
  int flags = TJFLAG_ACCURATEDCT;
};

/// `pixels` in a pixel format of the library.
inline std::string jpeg_of(image::Size size, const std::uint8_t* pixels, int format,
                           const JpegOptions& options = {}) {
  const tjhandle handle = tjInitCompress();
  unsigned char* buffer = nullptr;
  unsigned long length = 0;  // NOLINT: the library's type
  const int code = tjCompress2(handle, pixels, static_cast<int>(size.width), 0, static_cast<int>(size.height),
                               format, &buffer, &length, options.subsampling, options.quality, options.flags);
  REQUIRE(code == 0);
  std::string file(reinterpret_cast<const char*>(buffer), length);
  tjFree(buffer);
  tjDestroy(handle);
  return file;
}

inline std::string jpeg_of(const image::Image& picture, const JpegOptions& options = {}) {
  return jpeg_of(picture.size(), picture.bytes().data(), TJPF_RGB, options);
}

/// The largest difference of a channel.
inline int largest_difference(const image::Image& a, const image::Image& b) {
  REQUIRE(a.size() == b.size());
  int largest = 0;
  for (std::size_t i = 0; i < a.bytes().size(); ++i) {
    largest = std::max(largest, std::abs(int{a.bytes()[i]} - int{b.bytes()[i]}));
  }
  return largest;
}

/// EXIF with an orientation and nothing else, from its byte order mark on.
inline std::string exif_of(int orientation, bool big_endian = false) {
  const auto number = [&](unsigned value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
      const int shift = 8 * (big_endian ? bytes - 1 - i : i);
      text += static_cast<char>(value >> shift & 0xFF);
    }
    return text;
  };
  return (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) +
         number(3, 2) + number(1, 4) + number(static_cast<unsigned>(orientation), 2) + number(0, 2) +
         number(0, 4);
}

inline std::string jpeg_segment(unsigned marker, std::string_view body) {
  const std::size_t length = body.size() + 2;
  std::string text = "\xff";
  text += static_cast<char>(marker);
  text += static_cast<char>(length >> 8 & 0xFF);
  text += static_cast<char>(length & 0xFF);
  return text + std::string(body);
}

/// Put behind the start marker.
inline std::string with_segment(std::string jpeg, const std::string& segment) {
  return jpeg.insert(2, segment);
}

/// Where the frame header's marker is.
inline std::size_t frame_header_of(const std::string& jpeg) {
  for (const char* marker : {"\xff\xc0", "\xff\xc2"}) {
    const std::size_t at = jpeg.find(marker);
    if (at != std::string::npos) return at;
  }
  FAIL("no frame header");
  return 0;
}

/// The message with which `call` refuses bad input in one line; nothing when it does not refuse. Any other
/// exception goes on and fails the test.
inline std::optional<std::string> refusal(const std::function<void()>& call) {
  try {
    call();
    return std::nullopt;
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    const std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
}

inline std::string refusal_of(std::string_view file, const image::DecodeLimits& limits = {}) {
  return refusal([&] { (void)image::decode(source_of(file), limits); }).value_or("no refusal");
}

}  // namespace cachebench::testing
