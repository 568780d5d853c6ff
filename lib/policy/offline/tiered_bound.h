// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/units.h"
#include "policy/offline/reuse_table.h"

/// An upper bound on the time that any policies, admission and migration save with given tiers. A hit in tier
/// t takes its bytes in tiers 1 to t at every step since the reference before, for between two references a
/// copy only moves down. So, for each t and each stretch of time, what is hit in tiers 1 to t needs no more
/// bytes times steps than those tiers have. These are priced instead of enforced (Lagrange): whatever the
/// prices, the best choice request by request plus the price of the whole capacity is a bound; prices are
/// sought that make it low. With prefetch a copy may also come up between two references: then any hit may
/// save what the first tier saves, and only all tiers together limit what is kept.
/// Not counted: that an entry occupies its place before the counted part, copies held twice, copying time,
/// and that a tier must take what is computed. So the optimum may lie below. Deterministic, O(references) a
/// round, a few dozen rounds on a sample of requests. Pure functions, thread-safe.
namespace cachebench::policy {

enum class Movement : std::uint8_t {
  kDownOnly,  ///< between two references to an entry its copies only move down
  kAnywhere,  ///< prefetch brings them up too
};

struct TieredBound {
  std::int64_t saved_ns = 0;
  /// What one byte more of each tier adds, to first order.
  std::array<double, kMaxTiers> worth_ns_per_byte{};
};

/// REQUIRES: a capacity for every tier of the table.
[[nodiscard]] TieredBound tiered_bound(const ReuseTable& table, const std::vector<Bytes>& capacities,
                                       Movement movement);

}  // namespace cachebench::policy
