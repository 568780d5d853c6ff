// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache/compression/compression_policy.h"
#include "cache/prefetch_rules.h"
#include "cache/ranked_eviction.h"
#include "core/ids.h"
#include "core/parameters.h"
#include "core/units.h"
#include "hardware/cost.h"

/// How a cache is set up, and the terms under which an entry is stored in it. Plain values; the engine checks
/// them when it is made, or when an entry is put.
namespace cachebench::cache {

struct TierOptions {
  std::string name;  ///< "L1", …
  hardware::Medium medium = hardware::Medium::kDevice;
  Bytes capacity;
  double high_watermark = 1.0;  ///< share of the capacity at which eviction starts
  double low_watermark = 1.0;   ///< share at which it stops; at most `high_watermark`
  NamedParameters eviction{.name = "lru", .values = {}};
  NamedParameters admission{.name = "always", .values = {}};
  CompressionRule compression{};  ///< the lossy form that entries take here
};

/// The share of every tier that each kind of entry may take; 1: no quota.
using KindShares = std::array<double, kArtefactKinds>;
inline constexpr KindShares kNoQuotas{1, 1, 1, 1, 1, 1, 1, 1, 1};

/// Whether entries may be stored under different priorities.
enum class Priorities : std::uint8_t { kOff, kOn };

struct EngineOptions {
  std::vector<TierOptions> tiers;  ///< one to three, fastest first
  NamedParameters migration{.name = "demote-on-evict", .values = {}};
  NamedParameters prefetch{.name = "none", .values = {}};
  PrefetchRules prefetch_rules{};
  std::uint64_t seed = 1;
  std::size_t expected_entries = 0;  ///< distinct entries to come, 0 = unknown: a hint for reserving
  Nanoseconds default_ttl{0};        ///< of what is stored without a lifetime of its own; 0: for ever
  KindShares quotas = kNoQuotas;
  Priorities priorities = Priorities::kOff;
};

/// What an entry is stored under.
struct PutTerms {
  std::optional<Nanoseconds> ttl{};  ///< from now on, above 0; absent: the default
  Priority priority = kNormalPriority;
};

}  // namespace cachebench::cache
