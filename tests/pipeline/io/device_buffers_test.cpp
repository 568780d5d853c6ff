// SPDX-License-Identifier: Apache-2.0
#include "pipeline/io/device_buffers.h"

#include <doctest/doctest.h>

#include <vector>

#include "tier/device/emulated_device.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

std::shared_ptr<tier::DeviceApi> device(Bytes memory) {
  tier::EmulatedDeviceOptions options;
  options.memory = memory;
  options.throttle = tier::Throttle::kOff;
  return tier::make_emulated_device(options);
}

}  // namespace

TEST_CASE("what came back is lent again, to whoever asks for about as much") {
  const auto memory = device({});
  DeviceBuffers buffers(*memory, kMiB * 64);
  auto first = buffers.acquire(Bytes{1'000'000});
  REQUIRE(first.has_value());
  CHECK(first->size >= Bytes{1'000'000});
  CHECK(first->size.value <= 1'125'000);
  const auto at = first->at;
  buffers.give_back(*first);
  CHECK(buffers.idle() == first->size);
  const auto small = buffers.acquire(Bytes{1000});  // not out of the large one
  REQUIRE(small.has_value());
  CHECK(small->at != at);
  CHECK(buffers.reused() == 0);
  const auto again = buffers.acquire(Bytes{990'000});
  REQUIRE(again.has_value());
  CHECK(again->at == at);
  CHECK(buffers.reused() == 1);
  CHECK(buffers.idle() == Bytes{0});
  buffers.give_back(*small);
  buffers.give_back(*again);
}

TEST_CASE("no more is kept than the bound, and nothing without one") {
  for (const Bytes bound : {Bytes{0}, kMiB * 4}) {
    const auto memory = device({});
    DeviceBuffers buffers(*memory, bound);
    std::vector<DeviceBuffers::Buffer> lent;
    for (std::uint64_t i = 1; i <= 8; ++i) lent.push_back(buffers.acquire(kMiB * i).value());
    for (const DeviceBuffers::Buffer& buffer : lent) {
      buffers.give_back(buffer);
      CHECK(buffers.idle() <= bound);
    }
    CHECK((buffers.idle() > Bytes{0}) == (bound > Bytes{0}));
  }
}

TEST_CASE("idle memory gives way before there is no room") {
  const auto memory = device(kMiB * 8);
  DeviceBuffers buffers(*memory, kMiB * 64);
  const auto first = buffers.acquire(kMiB * 3);
  REQUIRE(first.has_value());
  buffers.give_back(*first);
  const auto whole = buffers.acquire(kMiB * 8);
  REQUIRE(whole.has_value());
  CHECK(buffers.idle() == Bytes{0});
  CHECK(!buffers.acquire(kMiB).has_value());
  buffers.give_back(*whole);
}
