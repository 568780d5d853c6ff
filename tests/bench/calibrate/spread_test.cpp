// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/spread.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("median and quartiles of few values") {
  CHECK(spread_of({}).repetitions == 0);
  const Spread one = spread_of({7});
  CHECK(one.median == 7);
  CHECK(one.interquartile == 0);
  const Spread five = spread_of({5, 1, 4, 2, 3});
  CHECK(five.median == 3);
  CHECK(five.interquartile == 2);
  CHECK(five.relative() == doctest::Approx(2.0 / 3.0));
  CHECK(five.uncertainty() == doctest::Approx(2.0 / 3.0 / std::sqrt(5.0)));
  CHECK(spread_of({1, 2, 3, 4}).median == 2.5);
  CHECK(spread_of({-1, 0, 1}).relative() == 0);
}

TEST_CASE("equal figures end a measurement at its least number, others at its budget or its most") {
  VirtualClock clock;
  const auto never = [] { return false; };
  const RepeatRule rule{.least = 5, .most = 40, .goal = 0.01, .budget = Nanoseconds{1'000}};
  CHECK(repeat_until_steady(
            rule, clock, [] { return 3.0; }, never)
            .repetitions == 5);

  int turn = 0;
  const auto unsteady = [&] { return ++turn % 2 == 0 ? 1.0 : 9.0; };
  CHECK(repeat_until_steady(rule, clock, unsteady, never).repetitions == 40);  // the clock stands still

  turn = 0;
  const auto takes_time = [&] {
    clock.advance(Nanoseconds{100});
    return unsteady();
  };
  CHECK(repeat_until_steady(rule, clock, takes_time, never).repetitions == 10);
}

TEST_CASE("a stop leaves what there is") {
  const VirtualClock clock;
  int left = 3;
  const auto stop = [&] { return left-- <= 0; };
  const RepeatRule rule{.least = 5, .budget = Nanoseconds{1'000}};
  CHECK(repeat_until_steady(
            rule, clock, [] { return 1.0; }, stop)
            .repetitions == 3);
  CHECK(repeat_until_steady(
            rule, clock, [] { return 1.0; }, [] { return true; })
            .repetitions == 0);
}
