// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/multimodal/memory_pressure.h"

/// How large a cache should be while memory is short or plenty: a share of what it was made for, that goes
/// down by a step for each reading under pressure and up by a smaller one for each without, between hard
/// bounds. Between the two marks it stays, so it does not swing. Deterministic: the share follows from the
/// readings alone. Thread-compatible. Throws Error{kUsage} for rules that make no sense.
namespace cachebench::cache {

struct SizeRules {
  double min_share = 0.25;  ///< hard bounds, 0 < min ≤ max ≤ 1
  double max_share = 1.0;
  double shrink_step = 0.125;      ///< of what it was made for, above 0
  double grow_step = 0.0625;       ///< likewise
  double shrink_waiting = 0.10;    ///< pressure from this share of time waited on,
  double grow_waiting = 0.01;      ///< none up to this; at most the former
  double shrink_available = 0.05;  ///< pressure up to this share of memory available,
  double grow_available = 0.15;    ///< none from this on; at least the former
  bool operator==(const SizeRules&) const = default;
};

class SizeController {
 public:
  explicit SizeController(const SizeRules& rules);
  /// Takes a reading; returns the share from now on. What was not read speaks neither for nor against.
  double update(const MemoryPressure& pressure);
  [[nodiscard]] double share() const { return share_; }

 private:
  enum class Verdict : std::uint8_t { kShrink, kStay, kGrow };
  [[nodiscard]] Verdict judge(const MemoryPressure& pressure) const;

  SizeRules rules_;
  double share_;
};

}  // namespace cachebench::cache
