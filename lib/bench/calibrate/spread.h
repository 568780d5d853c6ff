// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "core/clock.h"

/// Repeating a measurement until its spread is small, and saying so when it does not become small. Pure
/// arithmetic and a loop; the clock and the stop are given. Thread-compatible.
namespace cachebench::bench {

/// What repetitions of one measurement came to.
struct Spread {
  double median = 0;
  double interquartile = 0;  ///< distance of the quartiles
  int repetitions = 0;
  /// Of the quartiles' distance in the median: 0.02 is 2%. 0 for a median of 0.
  [[nodiscard]] double relative() const;
  /// How far the median itself may be off, as a share: the spread shrinks with the root of the repetitions.
  [[nodiscard]] double uncertainty() const;
};

/// Nothing repeated: all zero.
[[nodiscard]] Spread spread_of(std::vector<double> values);

struct RepeatRule {
  int least = 5;
  int most = 200;
  double goal = 0.01;     ///< uncertainty at which it may end
  Nanoseconds budget{0};  ///< and when it must, after `least`
};

/// `once` gives one repetition's figure; `stop` ends early (with what there is).
[[nodiscard]] Spread repeat_until_steady(const RepeatRule& rule, const Clock& clock,
                                         const std::function<double()>& once,
                                         const std::function<bool()>& stop);

}  // namespace cachebench::bench
