// SPDX-License-Identifier: Apache-2.0
#include "bench/run/machine_peak.h"

#include <doctest/doctest.h>

#include <thread>

using namespace cachebench::bench;

TEST_CASE("a machine's peaks are those of a machine") {
  CHECK(usable_cores() >= 1);
  CHECK(usable_cores() <= std::thread::hardware_concurrency());
  const MachinePeak peak = measure_machine_peak(1);
  CHECK(peak.flops_per_second > 1e8);
  CHECK(peak.flops_per_second < 1e13);
  CHECK(peak.bytes_per_second > 1e8);
  CHECK(peak.bytes_per_second < 1e13);
}
