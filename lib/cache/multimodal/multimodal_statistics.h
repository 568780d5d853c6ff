// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "cache/counters.h"
#include "cache/multimodal/eviction_regret.h"
#include "core/ids.h"
#include "core/units.h"

/// What the multimodal cache counted, by kind of entry and in all: sums over its shards at one moment each.
/// Plain values; ratios without a denominator are absent.
namespace cachebench::cache {

struct EntryTypeStatistics {
  std::uint64_t accesses = 0;
  std::uint64_t exact = 0;    ///< hits on the same content
  std::uint64_t similar = 0;  ///< hits on like content
  std::uint64_t covered = 0;
  std::uint64_t misses = 0;
  std::uint64_t expired = 0;     ///< entries that were given up for their age
  std::int64_t saved_ns = 0;     ///< modelled
  std::uint64_t compressed = 0;  ///< times that an entry entered a tier in a lossy form,
  Bytes plain;                   ///< what it would have taken,
  Bytes stored;                  ///< and took
  /// 1 − stored / plain; nothing where nothing was compressed.
  [[nodiscard]] std::optional<double> memory_reduction() const;
  /// (exact + similar) / (exact + similar + misses).
  [[nodiscard]] std::optional<double> hit_ratio() const;
};

struct MultimodalStatistics {
  std::array<EntryTypeStatistics, kArtefactKinds> kinds{};
  EntryTypeStatistics all;
  std::uint64_t resident = 0;  ///< entries with a copy in any tier
  Bytes used;                  ///< nominal, in all tiers
  Bytes capacity;
  std::uint64_t evictions = 0;      ///< copies that left a tier to make room
  EvictionRegret::Counts regret;    ///< entries that left the cache to make room
  std::uint64_t regret_window = 0;  ///< references
  std::uint64_t comparable = 0;     ///< entries that can be found by likeness
  Bytes similarity_memory;          ///< of the indexes that find them

  void add(const CacheCounters& counters);
};

}  // namespace cachebench::cache
