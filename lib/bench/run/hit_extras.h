// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string>

#include "bench/run/lookup_class.h"
#include "core/units.h"
#include "hardware/cost.h"
#include "hardware/profile.h"

/// What checks of the model expect hits to take beyond the time that decisions go by, which is one for all
/// look-ups, one for all copies up and one for all reads of the drive.
namespace cachebench::bench {

/// What a hit is expected to take beyond that time. The model's figures are medians; times are skewed, and
/// their sum is that of their means.
struct HitExtra {
  Nanoseconds median{0};
  Nanoseconds mean{0};

  HitExtra& operator+=(const HitExtra& other) {
    median += other.median;
    mean += other.mean;
    return *this;
  }
  bool operator==(const HitExtra&) const = default;
};

/// What of a hit decides it.
struct HitTraits {
  LookupTraits lookup{};
  hardware::Medium rests_in = hardware::Medium::kDevice;
  bool is_first_read = false;  ///< of the drive, in its request
};

/// So many equally likely times stand for how those of one class of look-ups are spread.
inline constexpr std::size_t kSpreadPoints = 8;

/// Value.
class HitExtras {
 public:
  HitExtras() = default;
  /// `decided`: what decisions know. `variants` ("multimodal"): those of the run, whose extras `expected`
  /// has.
  HitExtras(const hardware::Profile& decided, const hardware::Profile& expected,
            std::span<const std::string> variants);
  [[nodiscard]] HitExtra of(const HitTraits& traits) const;
  /// How far the `point`-th of kSpreadPoints times of a look-up, from low to high, lies above its median. The
  /// median of many unlike look-ups is not that of their medians.
  [[nodiscard]] Nanoseconds beyond_median(const LookupTraits& traits, std::size_t point) const;

 private:
  Nanoseconds lookup_{0};                           ///< a usual one in all
  std::array<HitExtra, kLookupClasses> lookups_{};  ///< kUsual's is every look-up's, others come on top
  std::array<std::array<double, kSpreadPoints>, kLookupClasses> beyond_{};  ///< in medians
  HitExtra copy_{};
  HitExtra read_{};
  HitExtra first_read_{};  ///< on top of that
};

}  // namespace cachebench::bench
