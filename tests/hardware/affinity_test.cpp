// SPDX-License-Identifier: Apache-2.0
#include "hardware/affinity.h"

#include <doctest/doctest.h>

#include <thread>

#include "core/error.h"
#include "hardware/live_machine.h"

using namespace cachebench::hardware;

TEST_CASE("lists of processors read back as they are written, and odd ones are refused") {
  CHECK(parse_processors("").empty());
  CHECK(parse_processors("0-2,5") == std::vector<int>{0, 1, 2, 5});
  CHECK(parse_processors("7,5,5-6") == std::vector<int>{5, 6, 7});
  CHECK(processors_text(parse_processors("5,0-2,3,9")) == "0-3,5,9");
  CHECK(processors_text({}).empty());
  for (const char* odd : {"a", "1,", ",1", "1--2", "2-1", "-1", "1-", "99999999999", "1 2", "70000"}) {
    CAPTURE(odd);
    CHECK_THROWS_AS((void)parse_processors(odd), cachebench::Error);
  }
}

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
