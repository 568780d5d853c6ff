// SPDX-License-Identifier: Apache-2.0
#include "core/clock.h"

namespace cachebench {

Nanoseconds RealClock::now() const {
  return std::chrono::duration_cast<Nanoseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

void VirtualClock::advance_to(Nanoseconds to) {
  std::int64_t seen = ns_.load(std::memory_order_relaxed);
  while (seen < to.count() && !ns_.compare_exchange_weak(seen, to.count(), std::memory_order_relaxed)) {
  }
}

}  // namespace cachebench
