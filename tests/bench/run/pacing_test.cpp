// SPDX-License-Identifier: Apache-2.0
#include "bench/run/pacing.h"

#include <doctest.h>

#include "core/clock.h"

namespace cachebench::bench {
namespace {

TEST_CASE("a deadline is never met early, and one that has passed not waited for") {
  const StopToken stop;
  const RealClock clock;
  const Nanoseconds deadline = clock.now() + Nanoseconds{2'000'000};
  CHECK(sleep_until(deadline, stop));
  CHECK(clock.now() >= deadline);
  CHECK(sleep_until(Nanoseconds{0}, stop));
}

TEST_CASE("a stop request ends the wait") {
  StopToken stop;
  stop.request(15);
  CHECK_FALSE(sleep_until(RealClock().now() + Nanoseconds{3'600'000'000'000}, stop));
}

}  // namespace
}  // namespace cachebench::bench
