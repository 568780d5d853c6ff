// SPDX-License-Identifier: Apache-2.0
#include "tier/device/precise_wait.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>

#include "core/clock.h"

namespace cachebench::tier {
namespace {

void sleep_until(Nanoseconds deadline) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const timespec at{.tv_sec = deadline.count() / kSecond, .tv_nsec = deadline.count() % kSecond};
  // An interrupted sleep ends early; the caller looks at the clock anyway.
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

void pause_briefly() {
  __builtin_ia32_pause();
}

}  // namespace

void PreciseWait::until(Nanoseconds deadline) const {
  const RealClock clock;
  for (Nanoseconds now = clock.now(); now < deadline; now = clock.now()) {
    if (deadline - now > timer_error_) {
      sleep_until(deadline - timer_error_);
    } else {
      pause_briefly();
    }
  }
}

void PreciseWait::tighten_this_thread() noexcept {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

Nanoseconds PreciseWait::measure_timer_error() {
  constexpr int kSleeps = 8;
  constexpr Nanoseconds kSleep{20'000};
  // A sleep that another process's turn interrupted says nothing of the timer.
  constexpr Nanoseconds kMost{100'000};
  const RealClock clock;
  Nanoseconds worst{0};
  for (int i = 0; i < kSleeps; ++i) {
    const Nanoseconds deadline = clock.now() + kSleep;
    sleep_until(deadline);
    worst = std::max(worst, clock.now() - deadline);
  }
  return std::min(worst, kMost);
}

}  // namespace cachebench::tier
