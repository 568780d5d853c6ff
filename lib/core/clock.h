// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "core/units.h"

/// Time sources, passed in through constructors. All are thread-safe.
namespace cachebench {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Nanoseconds since an arbitrary start; never goes backwards.
  [[nodiscard]] virtual Nanoseconds now() const = 0;
};

/// The machine's monotonic clock.
class RealClock final : public Clock {
 public:
  [[nodiscard]] Nanoseconds now() const override;
};

/// Advances only when told to: simulation, and tests that must not sleep.
class VirtualClock final : public Clock {
 public:
  [[nodiscard]] Nanoseconds now() const override { return Nanoseconds{ns_.load(std::memory_order_relaxed)}; }
  void advance(Nanoseconds by) { ns_.fetch_add(by.count(), std::memory_order_relaxed); }
  /// Moves to `to`, unless the clock is past it already.
  void advance_to(Nanoseconds to);

 private:
  std::atomic<std::int64_t> ns_{0};
};

}  // namespace cachebench
