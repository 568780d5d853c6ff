// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/ids.h"

/// What names an embedding: the SHA-256 of the raw image, audio or video bytes (INV-13), the modality and the
/// encoder. Two models that share an encoder share its embeddings, two encoders never do; whatever else
/// changes an encoder's output (processor settings, dtype) belongs into its name. Values; errors are
/// Error{kUsage}.
namespace cachebench::cache {

enum class VisualModality : std::uint8_t { kImage, kAudio, kVideo };
[[nodiscard]] const char* name_of(VisualModality modality);
/// "image", "audio", "video".
[[nodiscard]] VisualModality parse_visual_modality(std::string_view text);

inline constexpr std::string_view kDefaultEncoder = "Qwen3-VL-235B-A22B-Instruct";

struct VisualIdentity {
  std::string_view content_hash;  ///< 64 lower-case hex digits
  VisualModality modality = VisualModality::kImage;
  std::string_view encoder_model = kDefaultEncoder;
};

/// SHA-256 of the bytes, 64 lower-case hex digits.
[[nodiscard]] std::string compute_content_hash(std::span<const std::byte> raw_bytes);

using ContentDigest = std::array<std::uint8_t, 32>;
/// Throws where the text is not 64 lower-case hex digits.
[[nodiscard]] ContentDigest parse_content_hash(std::string_view text);
[[nodiscard]] std::string to_hex(const ContentDigest& digest);

/// The whole digest, with the encoder as a number: compared in full, so no two contents are ever taken for
/// one another.
struct VisualKey {
  ContentDigest digest{};
  std::uint32_t encoder = 0;
  VisualModality modality = VisualModality::kImage;
  bool operator==(const VisualKey&) const = default;
};

/// For an engine that knows entries by 128 bits.
[[nodiscard]] Key engine_key(const VisualIdentity& identity);

}  // namespace cachebench::cache

template <>
struct std::hash<cachebench::cache::VisualKey> {
  std::size_t operator()(const cachebench::cache::VisualKey& key) const noexcept;
};
