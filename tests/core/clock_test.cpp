// SPDX-License-Identifier: Apache-2.0
#include "core/clock.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace cachebench;
using namespace std::chrono_literals;

TEST_CASE("the virtual clock moves only when told, and never backwards") {
  VirtualClock clock;
  CHECK(clock.now() == 0ns);
  clock.advance(5ms);
  CHECK(clock.now() == 5ms);
  clock.advance_to(3ms);
  CHECK(clock.now() == 5ms);
  clock.advance_to(7ms);
  CHECK(clock.now() == 7ms);
}

TEST_CASE("advances from several threads all count") {
  VirtualClock clock;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) clock.advance(1ns);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(clock.now() == 4000ns);
}

TEST_CASE("the real clock never goes backwards") {
  const RealClock clock;
  Nanoseconds last = clock.now();
  for (int i = 0; i < 10000; ++i) {
    const Nanoseconds now = clock.now();
    REQUIRE(now >= last);
    last = now;
  }
}
