// SPDX-License-Identifier: Apache-2.0
#include "policy/eviction.h"

#include <doctest.h>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("eviction policies by name") {
  for (const char* name : {"lru", "lfu", "fifo"}) CHECK(make_eviction({name, {}}, {}) != nullptr);
  CHECK_THROWS_WITH_AS(static_cast<void>(make_eviction({"lur", {}}, {})), doctest::Contains("lru"), Error);
  CHECK_THROWS_WITH_AS(static_cast<void>(make_eviction({"lru", {{"window", 1.0}}}, {})),
                       doctest::Contains("eviction policy lru"), Error);
}
