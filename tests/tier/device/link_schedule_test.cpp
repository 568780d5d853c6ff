// SPDX-License-Identifier: Apache-2.0
#include "tier/device/link_schedule.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/rng.h"

namespace cachebench::tier {
namespace {

TEST_CASE("copies follow one another at the link's rate, each complete a latency later") {
  LinkSchedule link({.bytes_per_second = 1e9, .latency = Nanoseconds{500}});
  const LinkSchedule::Slot first = link.reserve(Nanoseconds{1000}, Bytes{4000});
  CHECK(first.start == Nanoseconds{1000});
  CHECK(first.complete == Nanoseconds{5500});
  const LinkSchedule::Slot second = link.reserve(Nanoseconds{1200}, Bytes{1000});
  CHECK(second.start == Nanoseconds{5000});  // the latency of the first is no time on the link
  CHECK(second.complete == Nanoseconds{6500});
  const LinkSchedule::Slot idle = link.reserve(Nanoseconds{9000}, Bytes{0});
  CHECK(idle.start == Nanoseconds{9000});
  CHECK(idle.complete == Nanoseconds{9500});
}

TEST_CASE("small copies in a row take no more and no less than one large one") {
  LinkSchedule link({.bytes_per_second = 3.1e9, .latency = Nanoseconds{0}});
  Nanoseconds end{0};
  for (int i = 0; i < 31'000; ++i) end = link.reserve(Nanoseconds{0}, Bytes{100}).complete;
  CHECK(end >= Nanoseconds{999'999});
  CHECK(end <= Nanoseconds{1'000'000});
}

TEST_CASE("no two copies are on the link at once") {
  LinkSchedule link({.bytes_per_second = 2e9, .latency = Nanoseconds{10}});
  Rng rng(1);
  Nanoseconds busy_until{0};
  Nanoseconds ready{0};
  for (int i = 0; i < 1000; ++i) {
    ready += Nanoseconds{static_cast<std::int64_t>(rng.below(600))};
    const Bytes bytes{rng.below(1000)};
    const LinkSchedule::Slot slot = link.reserve(ready, bytes);
    CHECK(slot.start == std::max(ready, busy_until));
    busy_until = slot.complete - Nanoseconds{10};
    const auto exact = static_cast<std::int64_t>(bytes.value / 2);
    CHECK(busy_until - slot.start >= Nanoseconds{exact});
    CHECK(busy_until - slot.start <= Nanoseconds{exact + 1});
  }
}

}  // namespace
}  // namespace cachebench::tier
