// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/hamming.h"
#include "core/ids.h"
#include "core/rng.h"
#include "trace/request.h"

/// Identities for synthetic content: hashes, locality-sensitive hashes, sizes; no content itself. One thread
/// per mint. The same identities on every machine.
namespace cachebench::trace {

struct ImageShape {
  std::uint32_t width = 0;  ///< pixels
  std::uint32_t height = 0;
  std::uint64_t bytes = 0;              ///< of the encoded file
  std::optional<std::uint64_t> tokens;  ///< visual tokens, where a source gives them
};

/// Names a content within its mint: two words, so that catalogues may be grouped.
struct ContentName {
  std::uint64_t group = 0;
  std::uint64_t number = 0;
};

class ContentMint {
 public:
  /// Mints of different `seed` or `owner` share nothing.
  ContentMint(std::uint64_t seed, std::string_view owner);
  /// Content not seen before.
  [[nodiscard]] Input text(std::uint64_t tokens);
  [[nodiscard]] Input image(const ImageShape& shape);
  /// The same content whenever it is named again; the caller gives it the same size.
  [[nodiscard]] Input named_text(ContentName name, std::uint64_t tokens) const;
  [[nodiscard]] Input named_image(ContentName name, const ImageShape& shape) const;
  /// Another file of the size of `base` whose perceptual hash differs in 1 to `max_bits` bits.
  [[nodiscard]] Input near_duplicate(const Input& base, std::uint32_t max_bits, Rng& rng);
  /// Content of the size of `base` of whose similarity hash `bits` bits differ, at most 64; the same whenever
  /// it is named again.
  [[nodiscard]] Input resembling(const Input& base, ContentName name, std::uint64_t bits) const;
  /// The picture's code for a second look: half of its bits are set, as a perceptual hash has them.
  [[nodiscard]] static FineCode fine_code(const Input& picture);
  /// A code of which `bits` bits differ, at most 256, and as many are set where `bits` is even.
  [[nodiscard]] static FineCode resembling(const FineCode& base, std::uint64_t bits, Rng& rng);

 private:
  [[nodiscard]] Key fresh();
  Key root_;
  std::uint64_t minted_ = 0;
};

/// Sides in multiples of 32 pixels, one visual token each, whose product comes nearest to `tokens` with an
/// aspect ratio up to 2; at least one token.
[[nodiscard]] ImageShape shape_of_tokens(std::uint64_t tokens);

}  // namespace cachebench::trace
