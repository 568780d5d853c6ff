// SPDX-License-Identifier: Apache-2.0
#include "tier/device/form_rooms.h"

#include <doctest/doctest.h>

#include "tier/device/emulated_device.h"

namespace cachebench::tier {
namespace {

std::shared_ptr<DeviceApi> device_of(Bytes memory) {
  return make_emulated_device({.h2d = {}, .d2h = {}, .throttle = Throttle::kOff, .memory = memory});
}

}  // namespace

TEST_CASE("rooms are used again, the smallest that serves first, and the bound is kept") {
  const auto device = device_of(kGiB);
  FormRooms rooms(*device, kMiB);
  const auto large = rooms.take(kKiB * 300);
  const auto small = rooms.take(Bytes{1});
  REQUIRE(large.has_value());
  REQUIRE(small.has_value());
  CHECK(*large != *small);
  CHECK(rooms.held() == kKiB * (512 + 64));
  CHECK_FALSE(rooms.take(kKiB * 513).has_value());  // 1 MiB more is beyond the bound
  rooms.give_back(*large);
  rooms.give_back(*small);
  CHECK(rooms.take(kKiB * 64) == small);
  CHECK(rooms.take(kKiB * 64) == large);
  CHECK_FALSE(rooms.take(kMiB * 2).has_value());
  rooms.give_back(*large);
  rooms.give_back(*small);
  CHECK(rooms.held() == kKiB * (512 + 64));
}

TEST_CASE("a device without room says no, and gets all of it back at the end") {
  const auto device = device_of(kKiB * 128);
  {
    FormRooms rooms(*device);
    const auto first = rooms.take(kKiB * 128);
    REQUIRE(first.has_value());
    CHECK_FALSE(rooms.take(Bytes{1}).has_value());
    rooms.give_back(*first);
    CHECK(rooms.take(Bytes{1}) == first);
    rooms.give_back(*first);
  }
  const auto all = device->malloc(kKiB * 128);
  REQUIRE(all.has_value());
  device->free(*all);
}

}  // namespace cachebench::tier
