// SPDX-License-Identifier: Apache-2.0
#include "bench/run/modelled_device.h"

#include <doctest/doctest.h>

#include <thread>

#include "core/clock.h"
#include "hardware/profile.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("work takes the profile's time, and the device does one thing at a time") {
  const hardware::CostModel costs(hardware::find_profile("i5-10210u-mx250-nvme"), 1.0);
  ModelledDevice device(costs);
  Work work;
  work.fixed_ns = 2'000'000;
  const RealClock clock;
  const Nanoseconds begun = clock.now();
  std::thread other([&] { device.spend(work); });
  device.spend(work);
  other.join();
  CHECK(clock.now() - begun >= Nanoseconds{4'000'000});
  CHECK(device.busy() == Nanoseconds{4'000'000});
}

TEST_CASE("no work takes no time on the device") {
  const hardware::CostModel costs(hardware::find_profile("i5-10210u-mx250-nvme"), 1.0);
  ModelledDevice device(costs);
  device.spend({});
  CHECK(device.busy() == Nanoseconds{0});
}
