// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <limits>
#include <vector>

#include "policy/tier_view.h"

/// Tiers as a policy's test wants them: a fetch takes 0, 100 or 300 ns and one ns a byte below the first
/// tier, a write 50 ns a tier and one ns a byte; who would leave and for how long entries stay is set.
/// Values.
namespace cachebench::testing {

class TierViewDouble final : public policy::TierView {
 public:
  std::array<std::vector<policy::Victim>, kMaxTiers> leaving;  ///< whatever the size
  std::array<double, kMaxTiers> stay{1e6, 1e6, 1e6};

  [[nodiscard]] Nanoseconds fetch(Level level, Bytes bytes) const override {
    constexpr std::array<std::int64_t, kMaxTiers> kLatency{0, 100, 300};
    if (level == Level::kL1) return Nanoseconds{0};
    return Nanoseconds{kLatency[index_of(level)] + static_cast<std::int64_t>(bytes.value)};
  }
  [[nodiscard]] Nanoseconds write(Level from, Level to, Bytes bytes) const override {
    const std::size_t start = from == Level::kNone ? 0 : index_of(from);
    const std::size_t steps = start > index_of(to) ? start - index_of(to) : index_of(to) - start;
    if (steps == 0) return Nanoseconds{0};
    return Nanoseconds{static_cast<std::int64_t>(50 * steps + bytes.value)};
  }
  [[nodiscard]] std::span<const policy::Victim> victims(Level level, Bytes) override {
    return leaving[index_of(level)];
  }
  [[nodiscard]] double residence(Level level) const override { return stay[index_of(level)]; }
};

}  // namespace cachebench::testing
