// SPDX-License-Identifier: Apache-2.0
#include "bench/run/pacing.h"

#include <algorithm>
#include <thread>

#include "core/clock.h"

namespace cachebench::bench {
namespace {

constexpr Nanoseconds kSpin{60'000};       // a sleep overshoots by about this much
constexpr Nanoseconds kSlice{20'000'000};  // between looks at the stop request

}  // namespace

bool sleep_until(Nanoseconds deadline, const StopToken& stop) {
  const RealClock clock;
  for (;;) {
    if (stop.requested()) return false;
    const Nanoseconds left = deadline - clock.now();
    if (left <= Nanoseconds{0}) return true;
    if (left > kSpin) std::this_thread::sleep_for(std::min(left - kSpin, kSlice));
  }
}

}  // namespace cachebench::bench
