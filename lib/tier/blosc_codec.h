// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "tier/codec.h"

/// The codecs of the Blosc library: a filter that groups the bytes or the bits of elements by significance,
/// then Zstandard or LZ4 over blocks that fit the processor's caches. Grouped, the exponents of tensors are
/// long runs, which is what the codec behind finds; mantissas stay noise. Stateless, so thread-safe; on the
/// caller's thread alone. Input that is not what encode made is refused by return value.
namespace cachebench::tier {

enum class BloscFilter : std::uint8_t { kNone, kByteShuffle, kBitShuffle };
enum class BloscCompressor : std::uint8_t { kZstd, kLz4 };

struct BloscOptions {
  BloscFilter filter = BloscFilter::kNone;
  BloscCompressor compressor = BloscCompressor::kZstd;
  int level = 1;  ///< 1 to 9
};

[[nodiscard]] std::unique_ptr<Codec> make_blosc_codec(const BloscOptions& options);

}  // namespace cachebench::tier
