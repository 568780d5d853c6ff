// SPDX-License-Identifier: Apache-2.0
#include "hardware/affinity.h"

#include <doctest/doctest.h>

#include <thread>

#include "hardware/live_machine.h"

using namespace cachebench::hardware;

TEST_CASE("a scope holds the thread and those it starts, and gives back what was") {
  const std::vector<int> before = allowed_processors();
  REQUIRE_FALSE(before.empty());
  const std::vector<int> one{before.back()};
  std::vector<int> inherited;
  {
    const AffinityScope scope(one);
    CHECK(scope.holds());
    CHECK(allowed_processors() == one);
    std::thread([&] { inherited = allowed_processors(); }).join();
  }
  CHECK(inherited == one);
  CHECK(allowed_processors() == before);
}

TEST_CASE("what the system refuses changes nothing") {
  const std::vector<int> before = allowed_processors();
  for (const std::vector<int>& odd :
       {std::vector<int>{}, std::vector<int>{-1}, std::vector<int>{60'000}, std::vector<int>{1 << 20}}) {
    const AffinityScope scope(odd);
    CHECK_FALSE(scope.holds());
    CHECK(allowed_processors() == before);
  }
}
