// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "cache/directory.h"
#include "core/ids.h"
#include "core/units.h"

/// What a cache counts. Plain values; every identity between them is a test (hits + covered + misses =
/// accesses, tier hits sum to hits, causes sum to misses).
namespace cachebench::cache {

struct TierCounters {
  std::uint64_t accesses = 0;  ///< lookups that reached the tier
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t promotions_in = 0;
  std::uint64_t demotions_in = 0;
  Bytes bytes_read;     ///< nominal, for hits and for copies to another tier
  Bytes bytes_written;  ///< nominal, by insertions and copies from another tier
  Bytes used;           ///< nominal, now
  Bytes peak;
};

struct KindCounters {
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t covered = 0;
  std::uint64_t misses = 0;
  std::uint64_t similar_hits = 0;  ///< of `hits`
  std::uint64_t expired = 0;       ///< entries that were given up for their age
  Bytes bytes_requested;
  std::int64_t saved_ns = 0;
  std::uint64_t compressed = 0;  ///< times that an entry entered a tier in a lossy form,
  Bytes bytes_plain;             ///< its nominal bytes, summed,
  Bytes bytes_compressed;        ///< and what it was charged
};

/// Nominal bytes over each link and drive, foreground and background.
struct LinkCounters {
  Bytes pcie_up;
  Bytes pcie_down;
  Bytes ssd_read;
  Bytes ssd_write;
};

struct CacheCounters {
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t covered = 0;
  std::uint64_t misses = 0;
  std::uint64_t joined_hits = 0;
  std::uint64_t similar_hits = 0;  ///< of `hits`: another entry of like content served
  std::uint64_t expired = 0;       ///< entries that were given up for their age
  std::uint64_t insertions = 0;
  std::uint64_t refusals = 0;
  Bytes bytes_requested;
  Bytes bytes_hit;
  Bytes bytes_missed;
  std::int64_t saved_ns = 0;
  std::int64_t service_ns = 0;
  std::array<TierCounters, kMaxTiers> tiers{};
  std::array<KindCounters, kArtefactKinds> kinds{};
  std::array<std::uint64_t, kMissCauses> causes{};
  LinkCounters links;

  /// Starts counting anew; what is resident stays.
  void reset();
};

}  // namespace cachebench::cache
