// SPDX-License-Identifier: Apache-2.0
#include "image/png.h"

#include <fmt/format.h>
#include <spng.h>

#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "image/decode_error.h"
#include "image/orientation.h"

namespace cachebench::image {
namespace {

// Beyond what any picture needs; a compressed profile or text may claim gigabytes.
constexpr std::size_t kMaxChunkBytes = std::size_t{8} << 20;
constexpr std::size_t kMaxChunksBytes = std::size_t{32} << 20;
constexpr std::uint32_t kMaxPngSide = 0x7FFFFFFF;  // the format's own

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, FreeContext>;

void require(int code, const Source& source) {
  if (code != SPNG_OK) throw decode_error(source.name, fmt::format("broken PNG: {}", spng_strerror(code)));
}

Context open(const Source& source) {
  Context context(spng_ctx_new(0));
  if (context == nullptr) throw std::bad_alloc();
  require(spng_set_image_limits(context.get(), kMaxPngSide, kMaxPngSide), source);
  require(spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunksBytes), source);
  require(spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR), source);
  require(spng_set_png_buffer(context.get(), source.bytes.data(), source.bytes.size()), source);
  return context;
}

// The library stops at the last chunk's name; a file cut behind it is cut all the same.
void require_end_chunk(const Source& source) {
  constexpr std::size_t kFrame = 12;  // length, name, check sum
  const std::string_view text(reinterpret_cast<const char*>(source.bytes.data()), source.bytes.size());
  std::size_t at = 8;
  while (text.size() - at >= kFrame) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(text[at + i]);
    if (text.substr(at + 4, 4) == "IEND") return;
    if (text.size() - at - kFrame < length) break;
    at += kFrame + length;
  }
  throw decode_error(source.name, "broken PNG: it ends before its end chunk");
}

spng_ihdr header_of(spng_ctx& context, const Source& source) {
  spng_ihdr header{};
  require(spng_get_ihdr(&context, &header), source);
  return header;
}

Orientation orientation_of(spng_ctx& context, const Source& source) {
  spng_exif exif{};
  const int code = spng_get_exif(&context, &exif);
  if (code == SPNG_ECHUNKAVAIL) return Orientation::kUpright;
  require(code, source);
  return exif_orientation(std::as_bytes(std::span(exif.data, exif.length)));
}

bool has_alpha(spng_ctx& context, const spng_ihdr& header) {
  if ((header.color_type & 4U) != 0) return true;  // grey or colour with alpha
  spng_trns transparent{};
  return spng_get_trns(&context, &transparent) == SPNG_OK;
}

std::uint8_t over_white(unsigned colour, unsigned alpha) {
  return static_cast<std::uint8_t>((colour * alpha + 255U * (255U - alpha) + 127U) / 255U);
}

// Four bytes a pixel to three, in place.
void composite_on_white(std::vector<std::uint8_t>& pixels) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < pixels.size(); from += 4) {
    const unsigned alpha = pixels[from + 3];
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      pixels[to++] = over_white(pixels[from + channel], alpha);
    }
  }
  pixels.resize(to);
}

}  // namespace

Size inspect_png(const Source& source) {
  const Context context = open(source);
  const spng_ihdr header = header_of(*context, source);
  return oriented_size({header.width, header.height}, orientation_of(*context, source));
}

Image decode_png(const Source& source, const DecodeLimits& limits) {
  const Context context = open(source);
  const spng_ihdr header = header_of(*context, source);
  const Size size{header.width, header.height};
  check_size(source.name, size, limits);
  const bool alpha = has_alpha(*context, header);
  require_end_chunk(source);
  const Orientation orientation = orientation_of(*context, source);
  std::vector<std::uint8_t> pixels(size.pixels() * (alpha ? 4 : kChannels));
  require(spng_decode_image(context.get(), pixels.data(), pixels.size(),
                            alpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8, alpha ? SPNG_DECODE_TRNS : 0),
          source);
  require(spng_decode_chunks(context.get()), source);
  if (alpha) composite_on_white(pixels);
  return oriented(Image(size, std::move(pixels)), orientation);
}

}  // namespace cachebench::image
