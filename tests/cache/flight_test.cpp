// SPDX-License-Identifier: Apache-2.0
#include "cache/flight.h"

#include <doctest/doctest.h>

#include <thread>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

TEST_CASE("waiters learn where it landed, jobs run once, before or after") {
  Flight flight(MissCause::kCapacity);
  CHECK_FALSE(flight.is_landed());
  int jobs = 0;
  flight.when_landed([&] { ++jobs; });
  Flight::Landing seen;
  std::thread waiter([&] { seen = flight.wait(); });
  flight.land(Level::kL2);
  waiter.join();
  CHECK(seen.level == Level::kL2);
  CHECK(seen.cause == MissCause::kCapacity);
  CHECK(jobs == 1);
  flight.when_landed([&] { ++jobs; });
  CHECK(jobs == 2);
  CHECK(flight.is_landed());
}

TEST_CASE("the thread that holds the decision lock is known") {
  Mutex mutex;
  CHECK(decision_locks_held() == 0);
  {
    const DecisionLock lock(mutex);
    CHECK(decision_locks_held() == 1);
    int elsewhere = -1;
    std::thread([&] { elsewhere = decision_locks_held(); }).join();
    CHECK(elsewhere == 0);
  }
  CHECK(decision_locks_held() == 0);
  check_no_decision_lock("nothing");
}

}  // namespace
}  // namespace cachebench::cache
