// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

/// Identities. A `Key` names content across runs and machines; an `EntryId` is its dense number inside one
/// run.
namespace cachebench {

/// Dense number of an entry: what policies see. Interned once, never reused within a run.
enum class EntryId : std::uint32_t {};
inline constexpr EntryId kNoEntry{0xFFFFFFFFU};
[[nodiscard]] constexpr std::uint32_t index_of(EntryId id) {
  return static_cast<std::uint32_t>(id);
}

/// 128-bit identity of an artefact: XXH3-128 of what it is made of, or {0, id} where the source has integers.
/// Two contents share a key with probability n²/2¹²⁹ for n entries.
struct Key {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  constexpr auto operator<=>(const Key&) const = default;
};

/// Where a copy lives; also "from" and "to" in the decision log. Tiers count from 0 (L1) downwards.
enum class Level : std::uint8_t { kL1 = 0, kL2 = 1, kL3 = 2, kNone = 0xFF };
inline constexpr int kMaxTiers = 3;
[[nodiscard]] constexpr std::size_t index_of(Level level) {
  return static_cast<std::size_t>(level);
}
[[nodiscard]] constexpr Level level_at(std::size_t index) {
  return static_cast<Level>(index);
}

/// The artefact kinds of a multimodal request, in the order of the result document.
enum class ArtefactKind : std::uint8_t {
  kObject,
  kText,
  kImage,
  kLanguageEncoderOutput,
  kVisionEncoderOutput,
  kTextImagePair,
  kFusionOutput,
  kKvBlock,
  kCrossModalAttention,
};
inline constexpr int kArtefactKinds = 9;
/// The name in configs and results, for example "kv_block".
[[nodiscard]] const char* name_of(ArtefactKind kind);

}  // namespace cachebench

template <>
struct std::hash<cachebench::Key> {
  // The low half is uniformly distributed for hashed keys; the mix serves plain integers.
  std::size_t operator()(const cachebench::Key& key) const noexcept {
    std::uint64_t x = key.lo ^ (key.hi * 0x9E3779B97F4A7C15ULL);
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93ULL;
    x ^= x >> 32;
    return x;
  }
};
