// SPDX-License-Identifier: Apache-2.0
#include "tier/device/precise_wait.h"

#include <doctest/doctest.h>

#include "core/clock.h"

namespace cachebench::tier {
namespace {

TEST_CASE("a wait never ends early, asleep or spinning, and not at all for the past") {
  const RealClock clock;
  for (const Nanoseconds error : {Nanoseconds{0}, Nanoseconds{30'000}, Nanoseconds{10'000'000}}) {
    const PreciseWait wait(error);
    CHECK(wait.timer_error() == error);
    const Nanoseconds deadline = clock.now() + Nanoseconds{200'000};
    wait.until(deadline);
    CHECK(clock.now() >= deadline);
    wait.until(deadline);
    wait.until(Nanoseconds{0});
  }
}

TEST_CASE("the timer's error is a small positive time") {
  PreciseWait::tighten_this_thread();
  const Nanoseconds error = PreciseWait::measure_timer_error();
  CHECK(error > Nanoseconds{0});
  CHECK(error <= Nanoseconds{100'000});
}

}  // namespace
}  // namespace cachebench::tier
