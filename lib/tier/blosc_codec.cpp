// SPDX-License-Identifier: Apache-2.0
#include "tier/blosc_codec.h"

#include <blosc.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"

namespace cachebench::tier {
namespace {

constexpr int kThreads = 1;        // records are many, and encoded by several threads as it is
constexpr std::size_t kBlock = 0;  // the library's choice, by level and caches
constexpr std::size_t kLargest = BLOSC_MAX_BUFFERSIZE;

int filter_of(BloscFilter filter) {
  switch (filter) {
    case BloscFilter::kNone:
      return BLOSC_NOSHUFFLE;
    case BloscFilter::kByteShuffle:
      return BLOSC_SHUFFLE;
    case BloscFilter::kBitShuffle:
      return BLOSC_BITSHUFFLE;
  }
  CACHEBENCH_CHECK(false, "filter {}", static_cast<int>(filter));
}

class BloscCodec final : public Codec {
 public:
  explicit BloscCodec(const BloscOptions& options) : options_(options) {}

  std::optional<std::size_t> encode(std::span<const std::byte> in, std::size_t element_bytes,
                                    std::span<std::byte> out) const override {
    if (in.size() > kLargest) return std::nullopt;
    const std::size_t type = std::clamp<std::size_t>(element_bytes, 1, BLOSC_MAX_TYPESIZE);
    const char* name =
        options_.compressor == BloscCompressor::kZstd ? BLOSC_ZSTD_COMPNAME : BLOSC_LZ4_COMPNAME;
    const int length =
        blosc_compress_ctx(options_.level, filter_of(options_.filter), type, in.size(), in.data(), out.data(),
                           std::min(out.size(), kLargest), name, kBlock, kThreads);
    if (length <= 0) return std::nullopt;
    return static_cast<std::size_t>(length);
  }

  bool decode(std::span<const std::byte> in, std::span<std::byte> out) const override {
    std::size_t bytes = 0;
    if (in.size() < BLOSC_MIN_HEADER_LENGTH) return false;
    // The library trusts the lengths in the header, so they are compared with what is really there first.
    if (blosc_cbuffer_validate(in.data(), in.size(), &bytes) != 0 || bytes != out.size()) return false;
    if (out.empty()) return true;
    const int length = blosc_decompress_ctx(in.data(), out.data(), out.size(), kThreads);
    return length >= 0 && static_cast<std::size_t>(length) == out.size();
  }

 private:
  BloscOptions options_;
};

}  // namespace

std::unique_ptr<Codec> make_blosc_codec(const BloscOptions& options) {
  return std::make_unique<BloscCodec>(options);
}

}  // namespace cachebench::tier
