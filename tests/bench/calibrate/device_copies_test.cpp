// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/device_copies.h"

#include <doctest/doctest.h>

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("copies take time each way, larger ones more than none, and the basis is told") {
  const RealClock clock;
  for (const HostMemoryKind kind : {HostMemoryKind::kPinned, HostMemoryKind::kPageable}) {
    DeviceCopies copies(clock, kind, kMiB * 8);
    CHECK(copies.basis() == CalibrationBasis::kEmulated);
    for (const CopyWay way : {CopyWay::kUp, CopyWay::kDown}) {
      CHECK(copies.once(way, kMiB * 8).count() > 0);
      CHECK(copies.once(way, Bytes{1}).count() > 0);
    }
    CHECK(copies.both_ways(kMiB * 8).count() > 0);
    if (kind == HostMemoryKind::kPageable) CHECK(copies.why_not_pinned().empty());
  }
}
