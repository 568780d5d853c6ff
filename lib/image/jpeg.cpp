// SPDX-License-Identifier: Apache-2.0
#include "image/jpeg.h"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "image/decode_error.h"
#include "image/jpeg_header.h"

namespace cachebench::image {
namespace {

struct FreeDecompressor {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<tjhandle>, FreeDecompressor>;

// The first warning is the one kept; behind this one the picture is over.
bool is_harmless(std::string_view warning) {
  return warning.find("extraneous bytes before marker 0xd9") != std::string_view::npos;
}

void decompress(const Source& source, const JpegHeader& header, std::vector<std::uint8_t>& pixels) {
  const Handle handle(tjInitDecompress());
  if (handle == nullptr) throw std::bad_alloc();
  // The exact transform; a file of thousands of scans over one picture is not decoded for minutes.
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;
  const int code = tjDecompress2(handle.get(), reinterpret_cast<const unsigned char*>(source.bytes.data()),
                                 source.bytes.size(), pixels.data(), static_cast<int>(header.stored.width), 0,
                                 static_cast<int>(header.stored.height),
                                 header.components == 4 ? TJPF_CMYK : TJPF_RGB, flags);
  if (code == 0) return;
  const std::string_view reason = tjGetErrorStr2(handle.get());
  if (tjGetErrorCode(handle.get()) == TJERR_WARNING && is_harmless(reason)) return;
  throw decode_error(source.name, fmt::format("broken JPEG: {}", reason));
}

// Inverted CMYK, four bytes a pixel, to RGB, in place: 255 is no ink.
void cmyk_to_rgb(std::vector<std::uint8_t>& pixels) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < pixels.size(); from += 4) {
    const unsigned black = pixels[from + 3];
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      pixels[to++] = static_cast<std::uint8_t>((pixels[from + channel] * black + 127U) / 255U);
    }
  }
  pixels.resize(to);
}

}  // namespace

Size inspect_jpeg(const Source& source) {
  const JpegHeader header = read_jpeg_header(source);
  return oriented_size(header.stored, header.orientation);
}

Image decode_jpeg(const Source& source, const DecodeLimits& limits) {
  const JpegHeader header = read_jpeg_header(source);
  check_size(source.name, header.stored, limits);
  const bool cmyk = header.components == 4;
  std::vector<std::uint8_t> pixels(header.stored.pixels() * (cmyk ? 4 : kChannels));
  decompress(source, header, pixels);
  if (cmyk) cmyk_to_rgb(pixels);
  return oriented(Image(header.stored, std::move(pixels)), header.orientation);
}

}  // namespace cachebench::image
