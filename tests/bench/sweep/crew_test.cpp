// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/crew.h"

#include <doctest/doctest.h>

TEST_CASE("a process that was started alone has no crew") {
  CHECK(cachebench::bench::join_crew() == nullptr);
}
