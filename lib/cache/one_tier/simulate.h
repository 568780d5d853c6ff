// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "cache/one_tier/access_columns.h"
#include "core/units.h"
#include "policy/eviction.h"

/// The researcher's fast path: one tier, one eviction policy, plain accesses, no time and no bytes moved. It
/// shares policies with the tiered cache, and nothing else: no directory, admission, migration or watermarks.
/// A miss always inserts; an object larger than the capacity is not admitted and evicts nothing; a hit with
/// another size updates it, and eviction follows if needed. Every miss costs 1; the decision clock counts
/// accesses. Stateless: concurrent calls may share the columns, each needs a policy of its own. Nothing
/// throws.
namespace cachebench::cache {

struct OneTierCounts {
  std::uint64_t accesses = 0;
  std::uint64_t misses = 0;
  std::uint64_t bytes_requested = 0;
  std::uint64_t bytes_missed = 0;
  std::uint64_t evictions = 0;
  std::uint64_t peak_entries = 0;  ///< most objects resident at once
  std::uint64_t peak_bytes = 0;    ///< most bytes resident at once, objects when each counts 1
  bool operator==(const OneTierCounts&) const = default;
};

/// Replays all accesses through an empty tier of `capacity`. REQUIRES: `policy` fresh.
[[nodiscard]] OneTierCounts simulate_one_tier(const AccessColumns& columns, Bytes capacity,
                                              policy::EvictionPolicy& policy);

}  // namespace cachebench::cache
