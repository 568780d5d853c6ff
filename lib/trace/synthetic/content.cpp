// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/content.h"

#include <algorithm>

#include "core/hash.h"

namespace cachebench::trace {
namespace {

// What a key is derived for.
enum Purpose : std::uint64_t { kFresh = 1, kNamed = 2, kSimilarity = 3, kResembling = 4, kFine = 5 };

constexpr std::uint32_t kTokenSide = 32;

Input text_of(const Key& key, std::uint64_t tokens) {
  Input input;
  input.kind = InputKind::kText;
  input.hash = to_hex(key);
  input.content = hash_key(input.hash);
  input.tokens = tokens;
  input.simhash = derive_key(key, kSimilarity).lo;
  return input;
}

Input image_of(const Key& key, const ImageShape& shape) {
  Input input;
  input.kind = InputKind::kImage;
  input.hash = to_hex(key);
  input.content = hash_key(input.hash);
  input.width = shape.width;
  input.height = shape.height;
  input.bytes = std::max<std::uint64_t>(shape.bytes, 1);
  input.tokens = shape.tokens;
  input.phash = derive_key(key, kSimilarity).lo;
  return input;
}

// So many different bits of 64.
std::uint64_t mask_of(std::uint64_t bits, Rng& rng) {
  std::uint64_t mask = 0;
  for (std::uint64_t set = 0; set < bits;) {
    const std::uint64_t bit = 1ULL << rng.below(64);
    if ((mask & bit) != 0) continue;
    mask |= bit;
    ++set;
  }
  return mask;
}

// The same picture encoded anew: a few per cent more or less.
void reencode(Input& copy, Rng& rng) {
  if (!copy.bytes) return;
  copy.bytes = std::max<std::uint64_t>(1, *copy.bytes - *copy.bytes / 32 + rng.below(*copy.bytes / 16 + 1));
}

}  // namespace

ContentMint::ContentMint(std::uint64_t seed, std::string_view owner)
    : root_(derive_key(hash_key(owner), seed)) {}

Key ContentMint::fresh() {
  return derive_key(root_, kFresh, minted_++);
}

Input ContentMint::text(std::uint64_t tokens) {
  return text_of(fresh(), tokens);
}

Input ContentMint::image(const ImageShape& shape) {
  return image_of(fresh(), shape);
}

Input ContentMint::named_text(ContentName name, std::uint64_t tokens) const {
  return text_of(derive_key(root_, kNamed, name.group, name.number), tokens);
}

Input ContentMint::named_image(ContentName name, const ImageShape& shape) const {
  return image_of(derive_key(root_, kNamed, name.group, name.number), shape);
}

Input ContentMint::near_duplicate(const Input& base, std::uint32_t max_bits, Rng& rng) {
  Input copy = base;
  copy.hash = to_hex(fresh());
  copy.content = hash_key(copy.hash);
  const std::uint64_t mask = mask_of(1 + rng.below(max_bits), rng);
  if (copy.phash) *copy.phash ^= mask;
  reencode(copy, rng);
  return copy;
}

Input ContentMint::resembling(const Input& base, ContentName name, std::uint64_t bits) const {
  const Key key = derive_key(derive_key(root_, kResembling, name.group, name.number), kNamed);
  Rng rng(key.lo);
  Input copy = base;
  copy.hash = to_hex(key);
  copy.content = hash_key(copy.hash);
  const std::uint64_t mask = mask_of(std::min<std::uint64_t>(bits, 64), rng);
  if (copy.phash) *copy.phash ^= mask;
  if (copy.simhash) *copy.simhash ^= mask;
  reencode(copy, rng);
  return copy;
}

FineCode ContentMint::fine_code(const Input& picture) {
  Rng rng(derive_key(hash_key(picture.hash), kFine).lo);
  FineCode code{};
  for (int set = 0; set < kFineCodeBits / 2;) {
    const std::uint64_t bit = rng.below(kFineCodeBits);
    std::uint64_t& word = code[bit / 64];
    const std::uint64_t mask = 1ULL << (bit % 64);
    if ((word & mask) != 0) continue;
    word |= mask;
    ++set;
  }
  return code;
}

FineCode ContentMint::resembling(const FineCode& base, std::uint64_t bits, Rng& rng) {
  FineCode code = base;
  FineCode taken{};
  bits = std::min<std::uint64_t>(bits, kFineCodeBits);
  for (std::uint64_t flipped = 0; flipped < bits;) {
    const std::uint64_t bit = rng.below(kFineCodeBits);
    const std::uint64_t mask = 1ULL << (bit % 64);
    // Alternately a set one and a clear one, as long as there are both.
    const bool want_set = flipped % 2 == 0;
    const bool is_set = (base[bit / 64] & mask) != 0;
    if ((taken[bit / 64] & mask) != 0 || (want_set != is_set && bits <= kFineCodeBits / 4)) continue;
    taken[bit / 64] |= mask;
    code[bit / 64] ^= mask;
    ++flipped;
  }
  return code;
}

ImageShape shape_of_tokens(std::uint64_t tokens) {
  constexpr std::uint64_t kMostTokens = 1U << 20;
  tokens = std::clamp<std::uint64_t>(tokens, 1, kMostTokens);
  std::uint64_t best_rows = 1;
  std::uint64_t best_columns = 1;
  std::uint64_t best_error = UINT64_MAX;
  // From the flattest shape to the square, so that the squarest of equals wins.
  for (std::uint64_t rows = 1; rows * rows <= tokens; ++rows) {
    const std::uint64_t columns = (tokens + rows / 2) / rows;
    if (columns > 2 * rows && tokens > 2) continue;
    const std::uint64_t product = rows * columns;
    const std::uint64_t error = product > tokens ? product - tokens : tokens - product;
    if (error <= best_error) {
      best_error = error;
      best_rows = rows;
      best_columns = columns;
    }
  }
  if (best_error == UINT64_MAX) best_columns = tokens;
  ImageShape shape;
  shape.width = static_cast<std::uint32_t>(best_columns) * kTokenSide;
  shape.height = static_cast<std::uint32_t>(best_rows) * kTokenSide;
  shape.tokens = tokens;
  return shape;
}

}  // namespace cachebench::trace
