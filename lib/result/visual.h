// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

/// What the visual registry of a run did: embeddings by content, shared between requests, beside the tiers.
/// Values that own what they hold: copy freely, thread-compatible. The six names of the source document are
/// keys of the document and metrics of the exposition.
namespace cachebench::result {

/// Look-ups of one modality.
struct VisualLookups {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  bool operator==(const VisualLookups&) const = default;
};

/// Of the measured part of a run, its warm-up apart; levels are at its end.
struct Visual {
  std::string eviction_policy;
  std::uint64_t max_entries = 0;
  std::uint64_t max_vram_bytes = 0;
  std::uint64_t minimum_stable_blocks = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t vram_saved_bytes = 0;  ///< embeddings of hits
  std::uint64_t entries = 0;
  std::uint64_t dp_mode_recommendations = 0;
  std::uint64_t dp_mode_refusals = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t peak_bytes = 0;
  std::uint64_t stored = 0;
  std::uint64_t evictions = 0;
  std::uint64_t refusals = 0;                            ///< of stores
  std::uint64_t most_users = 0;                          ///< of one embedding at one time
  std::int64_t encoder_saved_ns = 0;                     ///< vision encoder time of hits, modelled
  std::map<std::string, std::uint64_t> dp_mode_rules{};  ///< how often each rule decided
  std::map<std::string, VisualLookups> modalities{};     ///< "image", "video", "audio"

  /// hits / (hits + misses).
  [[nodiscard]] std::optional<double> hit_rate() const;
  bool operator==(const Visual&) const = default;
};

/// The plain counts by their key in the document, in its order.
inline constexpr std::array<std::pair<const char*, std::uint64_t Visual::*>, 15> kVisualCounts{{
    {"max_entries", &Visual::max_entries},
    {"max_vram_bytes", &Visual::max_vram_bytes},
    {"minimum_stable_blocks", &Visual::minimum_stable_blocks},
    {"visual_cache_hits", &Visual::hits},
    {"visual_cache_misses", &Visual::misses},
    {"visual_vram_saved_bytes", &Visual::vram_saved_bytes},
    {"visual_cache_entries", &Visual::entries},
    {"dp_mode_recommendations", &Visual::dp_mode_recommendations},
    {"dp_mode_refusals", &Visual::dp_mode_refusals},
    {"used_bytes", &Visual::used_bytes},
    {"peak_bytes", &Visual::peak_bytes},
    {"stored", &Visual::stored},
    {"evictions", &Visual::evictions},
    {"refusals", &Visual::refusals},
    {"most_users", &Visual::most_users},
}};

}  // namespace cachebench::result
