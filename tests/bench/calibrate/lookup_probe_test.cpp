// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/lookup_probe.h"

#include <doctest/doctest.h>

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("hits of the first tier and of the second are timed, again and again") {
  const RealClock clock;
  LookupProbe probe(hardware::find_profile(hardware::kDefaultProfile), clock);
  for (int i = 0; i < 3; ++i) {
    const LookupTimes times = probe.once();
    CHECK(times.hit.count() > 0);
    CHECK(times.promotion.count() > 0);
  }
}
