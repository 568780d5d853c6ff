// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/visual_identity.h"

#include <fmt/format.h>

#include <cstring>

#include "core/check.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/nearest.h"
#include "core/rng.h"

namespace cachebench::cache {
namespace {

constexpr std::array kVisualModalities{VisualModality::kImage, VisualModality::kAudio,
                                       VisualModality::kVideo};
constexpr std::string_view kDigits = "0123456789abcdef";

/// The value of every character as a digit; 16 and above: none.
constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(16);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

unsigned value_of(char digit) {
  return kValues[static_cast<unsigned char>(digit)];
}

}  // namespace

const char* name_of(VisualModality modality) {
  switch (modality) {
    case VisualModality::kImage:
      return "image";
    case VisualModality::kAudio:
      return "audio";
    case VisualModality::kVideo:
      return "video";
  }
  CACHEBENCH_CHECK(false, "modality {}", static_cast<int>(modality));
}

VisualModality parse_visual_modality(std::string_view text) {
  std::array<std::string, kVisualModalities.size()> names;
  for (std::size_t i = 0; i < kVisualModalities.size(); ++i) {
    names[i] = name_of(kVisualModalities[i]);
    if (text == names[i]) return kVisualModalities[i];
  }
  throw Error(ErrorKind::kUsage, unknown_name("modality", text, names));
}

std::string compute_content_hash(std::span<const std::byte> raw_bytes) {
  Sha256 digest;
  digest.update(raw_bytes);
  return digest.hex();
}

ContentDigest parse_content_hash(std::string_view text) {
  ContentDigest digest;
  // Without a branch for each digit: a look-up reads 64 of them.
  unsigned seen = text.size() == 2 * digest.size() ? 0 : 16;
  if (seen == 0) {
    for (std::size_t i = 0; i < digest.size(); ++i) {
      const unsigned high = value_of(text[2 * i]);
      const unsigned low = value_of(text[2 * i + 1]);
      seen |= high | low;
      digest[i] = static_cast<std::uint8_t>(high << 4 | (low & 15U));
    }
  }
  if (seen < 16) return digest;
  throw Error(
      ErrorKind::kUsage,
      fmt::format("content hash '{}' is not the 64 lower-case hex digits of a SHA-256", text.substr(0, 80)));
}

std::string to_hex(const ContentDigest& digest) {
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) (text += kDigits[byte >> 4]) += kDigits[byte & 15U];
  return text;
}

Key engine_key(const VisualIdentity& identity) {
  return hash_key(fmt::format("visual\n{}\n{}\n{}", identity.content_hash, name_of(identity.modality),
                              identity.encoder_model));
}

}  // namespace cachebench::cache

std::size_t std::hash<cachebench::cache::VisualKey>::operator()(
    const cachebench::cache::VisualKey& key) const noexcept {
  std::uint64_t head = 0;
  std::memcpy(&head, key.digest.data(), sizeof head);
  return cachebench::splitmix64(head ^
                                (std::uint64_t{key.encoder} << 2 | static_cast<unsigned>(key.modality)));
}
