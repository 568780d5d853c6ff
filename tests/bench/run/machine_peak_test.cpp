// SPDX-License-Identifier: Apache-2.0
#include "bench/run/machine_peak.h"

#include <doctest/doctest.h>

using namespace cachebench::bench;

TEST_CASE("a machine's peaks are those of a machine") {
  const MachinePeak peak = measure_machine_peak(1);
  CHECK(peak.flops_per_second > 1e8);
  CHECK(peak.flops_per_second < 1e13);
  CHECK(peak.bytes_per_second > 1e8);
  CHECK(peak.bytes_per_second < 1e13);
}
