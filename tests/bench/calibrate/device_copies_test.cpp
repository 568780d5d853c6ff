// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/device_copies.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tier/device/emulated_device.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("copies take time each way, and the basis is told") {
  const RealClock clock;
  std::string why_emulated;
  const auto device = calibrated_device(why_emulated);
  for (const HostMemoryKind kind : {HostMemoryKind::kPinned, HostMemoryKind::kPageable}) {
    DeviceCopies copies(clock, device, kind, kMiB * 8);
    CHECK((copies.basis() == CalibrationBasis::kEmulated) == !why_emulated.empty());
    for (const CopyWay way : {CopyWay::kUp, CopyWay::kDown}) {
      CHECK(copies.once(way, kMiB * 8).count() > 0);
      CHECK(copies.once(way, Bytes{1}).count() > 0);
    }
    CHECK(copies.both_ways(kMiB * 8).count() > 0);
    CHECK(copies.queued_pair().count() > 0);
    if (kind == HostMemoryKind::kPageable) CHECK(copies.why_not_pinned().empty());
  }
}

TEST_CASE("a device without memory is an error of the environment") {
  const RealClock clock;
  tier::EmulatedDeviceOptions options;
  options.throttle = tier::Throttle::kOff;
  options.memory = kMiB;
  CHECK_THROWS_AS(DeviceCopies(clock, tier::make_emulated_device(options), HostMemoryKind::kPinned, kMiB),
                  Error);
}
