// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/units.h"

/// Waiting for a point on the machine's monotonic clock (RealClock) more exactly than the timer wakes: the
/// wait sleeps while the end is further away than the timer's error, and spins for the rest. A thread that
/// waited has no timer slack any more. Stateless but for the error given; thread-safe.
namespace cachebench::tier {

class PreciseWait {
 public:
  /// `timer_error` is how late a sleep may end.
  explicit PreciseWait(Nanoseconds timer_error) : timer_error_(timer_error) {}
  /// Returns at or after `deadline`, as soon as the thread gets to run.
  void until(Nanoseconds deadline) const;
  [[nodiscard]] Nanoseconds timer_error() const { return timer_error_; }

  /// Asks the system to wake this thread without delay (its timer slack is 50 us by default).
  static void tighten_this_thread() noexcept;
  /// How late sleeps end here: nearly the worst of a few short ones on this thread. Takes under a
  /// millisecond.
  [[nodiscard]] static Nanoseconds measure_timer_error();

 private:
  Nanoseconds timer_error_;
};

}  // namespace cachebench::tier
