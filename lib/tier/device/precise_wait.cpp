// SPDX-License-Identifier: Apache-2.0
#include "tier/device/precise_wait.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "core/clock.h"

namespace cachebench::tier {
namespace {

void sleep_until(Nanoseconds deadline) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const timespec at{.tv_sec = deadline.count() / kSecond, .tv_nsec = deadline.count() % kSecond};
  // An interrupted sleep ends early; the caller looks at the clock anyway.
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

// What it spins for is a core's time that others may need, so a sleep should end as near to its end as the
// machine can: once a thread, no slack.
void tighten_once() {
  thread_local bool tight = false;
  if (tight) return;
  PreciseWait::tighten_this_thread();
  tight = true;
}

void pause_briefly() {
  __builtin_ia32_pause();
}

}  // namespace

void PreciseWait::until(Nanoseconds deadline) const {
  const RealClock clock;
  for (Nanoseconds now = clock.now(); now < deadline; now = clock.now()) {
    if (deadline - now > timer_error_) {
      tighten_once();
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
  tighten_once();
  std::array<Nanoseconds, kSleeps> late;
  for (Nanoseconds& one : late) {
    const Nanoseconds deadline = clock.now() + kSleep;
    sleep_until(deadline);
    one = clock.now() - deadline;
  }
  std::sort(late.begin(), late.end());
  return std::min(late[kSleeps - 2], kMost);
}

}  // namespace cachebench::tier
