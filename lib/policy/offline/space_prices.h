// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/ids.h"

/// What keeping a byte costs, by tier and stretch of time, and how much of each is asked for at these prices.
/// Stretches are powers of two steps long. Values; thread-compatible; nothing throws.
namespace cachebench::policy {

/// The time line in equal stretches.
class Stretches {
 public:
  /// Of steps [0, steps), at most `most` of them.
  Stretches(std::uint32_t steps, std::size_t most);
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t of(std::uint32_t step) const { return step >> shift_; }
  [[nodiscard]] double begin(std::size_t stretch) const { return static_cast<double>(stretch << shift_); }
  /// Steps in it.
  [[nodiscard]] double length(std::size_t stretch) const;

 private:
  std::uint32_t steps_;
  unsigned shift_ = 0;
  std::size_t count_ = 1;
};

/// Prices of being in tier t or above it: those of `own` from t downwards, added up.
class SpacePrices {
 public:
  SpacePrices(const Stretches& stretches, std::size_t tiers);
  /// Of the limit on tiers 1 to t together. Changes take effect at `settle`.
  [[nodiscard]] double& own(std::size_t tier, std::size_t stretch) { return own_[tier][stretch]; }
  [[nodiscard]] double own(std::size_t tier, std::size_t stretch) const { return own_[tier][stretch]; }
  void set_all(std::size_t tier, double price) { own_[tier].assign(own_[tier].size(), price); }
  void settle();
  /// Of one byte kept in tiers down to `tier` over steps [from, to).
  [[nodiscard]] double over(std::size_t tier, std::uint32_t from, std::uint32_t to) const {
    return until(tier, to) - until(tier, from);
  }
  /// Price of one byte of the tier for the whole time.
  [[nodiscard]] double whole(std::size_t tier) const;
  /// Of one byte of the tier at any step of the stretch.
  [[nodiscard]] double at(std::size_t tier, std::size_t stretch) const { return at_[tier][stretch]; }

 private:
  [[nodiscard]] double until(std::size_t tier, std::uint32_t step) const {
    const std::size_t stretch = stretches_.of(step);
    return before_[tier][stretch] +
           at_[tier][stretch] * (static_cast<double>(step) - stretches_.begin(stretch));
  }

  Stretches stretches_;
  std::size_t tiers_;
  std::array<std::vector<double>, kMaxTiers> own_;
  std::array<std::vector<double>, kMaxTiers> at_;      // with those of the lower tiers
  std::array<std::vector<double>, kMaxTiers> before_;  // of all stretches before
};

/// Bytes times steps that are asked for, by tier and stretch.
class SpaceDemand {
 public:
  SpaceDemand(const Stretches& stretches, std::size_t tiers);
  void clear();
  void add(std::size_t tier, std::uint32_t from, std::uint32_t to, double bytes);
  /// Turns what was added into sums per stretch.
  void settle();
  /// By hits in this tier alone. REQUIRES: settled.
  [[nodiscard]] double in(std::size_t tier, std::size_t stretch) const { return area_[tier][stretch]; }

 private:
  Stretches stretches_;
  std::size_t tiers_;
  std::array<std::vector<double>, kMaxTiers> area_;
  std::array<std::vector<double>, kMaxTiers> full_;  // change of bytes that span whole stretches
};

}  // namespace cachebench::policy
