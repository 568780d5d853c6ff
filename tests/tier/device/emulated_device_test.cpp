// SPDX-License-Identifier: Apache-2.0
#include "tier/device/emulated_device.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/error.h"

namespace cachebench::tier {
namespace {

EmulatedDeviceOptions unthrottled() {
  return {.h2d = {}, .d2h = {}, .throttle = Throttle::kOff, .memory = kMiB, .inline_up_to = Bytes{0}};
}

EmulatedDeviceOptions throttled(hardware::Channel link) {
  return {.h2d = link, .d2h = link, .throttle = Throttle::kOn};
}

TEST_CASE("bytes go up and come down, in stream order across events") {
  const auto device = make_emulated_device(unthrottled());
  CHECK(std::string(device->kind()) == "emulated");
  CHECK(device->properties().async_engine_count == 2);
  const DevicePointer memory = device->malloc(Bytes{8192}).value();
  const auto up = device->create_stream();
  const auto down = device->create_stream();
  const auto event = device->create_event();
  const auto end = device->create_event();
  const std::vector<std::byte> source(8192, std::byte{0x5A});
  std::vector<std::byte> target(8192);
  const HostToDevice write{.target = memory, .source = source};
  const DeviceToHost read{.target = target, .source = memory};
  up->memcpy_async(std::span<const HostToDevice>(&write, 1), {});
  up->record(*event);
  down->wait_event(*event);
  down->memcpy_async(std::span<const DeviceToHost>(&read, 1), {});
  down->record(*end);
  end->synchronize();
  CHECK(target == source);
  CHECK(event->query());
  CHECK(device->elapsed_time(*event, *end) >= Nanoseconds{0});
  up->synchronize();
  down->synchronize();
  CHECK(up->query());
  device->free(memory);
}

TEST_CASE("the device's memory is as large as said") {
  const auto device = make_emulated_device(unthrottled());
  CHECK(device->properties().total_memory == kMiB);
  CHECK_FALSE(device->malloc(kMiB + Bytes{1}).has_value());
  const DevicePointer most = device->malloc(kMiB).value();
  CHECK_FALSE(device->malloc(Bytes{1}).has_value());
  device->free(most);
  const auto again = device->malloc(Bytes{1});
  REQUIRE(again.has_value());
  device->free(*again);
}

TEST_CASE("a throttled copy takes the link's time at least") {
  const auto device =
      make_emulated_device(throttled({.bytes_per_second = 1e8, .latency = Nanoseconds{300'000}}));
  CHECK(device->notes().size() <= 1);  // a busy machine may hand over late
  const DevicePointer memory = device->malloc(Bytes{100'000}).value();
  const auto stream = device->create_stream();
  const std::vector<std::byte> source(100'000);
  const HostToDevice write{.target = memory, .source = source};
  const RealClock clock;
  const Nanoseconds start = clock.now();
  Nanoseconds service{0};
  stream->memcpy_async(std::span<const HostToDevice>(&write, 1),
                       [&](const CopyResult& result) { service = result.service; });
  stream->synchronize();
  CHECK(clock.now() - start >= Nanoseconds{1'300'000});
  CHECK(service >= Nanoseconds{1'300'000});
  device->free(memory);
}

TEST_CASE("what this machine cannot emulate is noted") {
  const auto device = make_emulated_device(throttled({.bytes_per_second = 1e15, .latency = Nanoseconds{1}}));
  const std::vector<std::string> notes = device->notes();
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].find("faster than this machine's memcpy") != std::string::npos);
  CHECK(notes[1].find("an empty copy") != std::string::npos);
  CHECK(make_emulated_device(unthrottled())->notes().empty());
}

TEST_CASE("a link without a rate cannot be emulated") {
  for (const double rate : {0.0, -1.0, 1.0 / 0.0}) {
    CHECK_THROWS_AS(
        (void)make_emulated_device(throttled({.bytes_per_second = rate, .latency = Nanoseconds{0}})), Error);
  }
  CHECK_THROWS_AS(
      (void)make_emulated_device(throttled({.bytes_per_second = 1e9, .latency = Nanoseconds{-1}})), Error);
}

}  // namespace
}  // namespace cachebench::tier
