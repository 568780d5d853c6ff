// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cache/counters.h"
#include "cache/decision_engine.h"
#include "cache/tensor_pool.h"
#include "cache/transfers.h"

/// Everything a cache can say about itself at one moment: what was asked and how it ended, what every tier
/// holds and moved, what the planes measured, and how the buffers of tensors were reused. Values.
namespace cachebench::cache {

struct CacheStatistics {
  CacheCounters counters;
  std::vector<TierOptions> tiers;
  TransferStats transfers;  ///< empty in a simulation
  TensorPoolStats pool;
  Nanoseconds now{0};  ///< decision clock
  std::uint64_t entries_known = 0;
  std::uint64_t decisions = 0;
  std::string decision_log_hash;

  /// hits / (hits + misses); 0 before the first look-up.
  [[nodiscard]] double hit_ratio() const;
  /// (hits + covered) / accesses.
  [[nodiscard]] double served_ratio() const;
  /// hits of the tier / look-ups that reached it.
  [[nodiscard]] double tier_hit_ratio(std::size_t tier) const;
  /// Bytes in the tier / its capacity.
  [[nodiscard]] double utilisation(std::size_t tier) const;
  /// Tensors that took no allocation / tensors asked for.
  [[nodiscard]] double reuse_ratio() const;
};

/// For people: a few lines, one a tier.
[[nodiscard]] std::string describe(const CacheStatistics& statistics);

}  // namespace cachebench::cache
