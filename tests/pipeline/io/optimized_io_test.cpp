// SPDX-License-Identifier: Apache-2.0
#include "pipeline/io/optimized_io.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/error.h"
#include "hardware/nvidia/cuda_driver.h"
#include "hardware/profile.h"
#include "tier/device/cuda/cuda_device.h"
#include "tier/device/fake_driver/fake_cuda.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

SharedTensor tensor_of(std::size_t bytes, int value) {
  const TensorMeta meta{.shape = {static_cast<std::int64_t>(bytes)}, .dtype = DType::kU8};
  return {meta, std::vector<std::byte>(bytes, static_cast<std::byte>(value))};
}

std::shared_ptr<tier::DeviceApi> device(const IoOptions& options,
                                        tier::Throttle throttle = tier::Throttle::kOff) {
  return emulated_device_for(hardware::find_profile("i5-10210u-mx250-nvme"), options, throttle);
}

std::shared_ptr<tier::DeviceApi> small_device(Bytes memory) {
  tier::EmulatedDeviceOptions options;
  options.memory = memory;
  options.throttle = tier::Throttle::kOff;
  return tier::make_emulated_device(options);
}

}  // namespace

TEST_CASE("uploads arrive whatever the switches, and their memory is given back") {
  for (const bool pinned : {true, false}) {
    for (const bool async : {true, false}) {
      const RealClock clock;
      const IoOptions options{
          .pinned_memory = pinned, .async_transfers = async, .streams = 3, .reuse_memory = false};
      // Room for one of the uploads: the next one finds some only where the one before gave its back.
      OptimizedIOMechanism io(small_device(Bytes{80'000}), clock, options);
      for (int round = 0; round < 3; ++round) {
        const SharedTensor tensors[] = {tensor_of(1000, 1), tensor_of(70'000, 2), tensor_of(0, 0)};
        auto upload = io.upload(tensors);
        upload.wait();
      }
      const IoStats stats = io.stats();
      CHECK(stats.uploads == 3);
      CHECK(stats.copies == 6);
      CHECK(stats.bytes == Bytes{213'000});
      CHECK(stats.staged == (pinned ? Bytes{213'000} : Bytes{0}));
      CHECK(stats.no_room == 0);
      if (pinned) CHECK(stats.reused_staging > 0);
    }
  }
}

TEST_CASE("a GPU's uploads are staged in memory that its driver locked") {
  if (!hardware::nvidia::kHasCudaHeader || !std::filesystem::exists(tier::testing::kFakeCudaLibrary)) {
    MESSAGE("skipped: this build has no cuda.h, or no fake driver");
    return;
  }
  for (const bool pinned : {true, false}) {
    tier::testing::set_up({});
    {
      const RealClock clock;
      OptimizedIOMechanism io(tier::make_cuda_device({.library = tier::testing::kFakeCudaLibrary}), clock,
                              {.pinned_memory = pinned});
      auto made = io.page_locked({.shape = {70'000}, .dtype = DType::kU8});
      std::fill(made.bytes.begin(), made.bytes.end(), std::byte{3});
      const SharedTensor tensors[] = {made.tensor, tensor_of(1000, 1)};
      io.upload(tensors).wait();
      CHECK(tier::testing::fake_counts().copies == 2);
      CHECK(tier::testing::fake_counts().copies_from_pinned == (pinned ? 2 : 0));
    }
    CHECK(tier::testing::fake_counts().live_pinned == 0);
    CHECK(tier::testing::fake_counts().stale_copies == 0);
  }
}

TEST_CASE("an upload that finds no room on the device is counted and copies nothing") {
  const RealClock clock;
  OptimizedIOMechanism io(small_device(Bytes{80'000}), clock, {.reuse_memory = false});
  {
    const auto held = io.upload(std::vector<SharedTensor>{tensor_of(70'000, 1)});
    auto none = io.upload(std::vector<SharedTensor>{tensor_of(70'000, 2)});
    none.wait();
    CHECK(io.stats().no_room == 1);
    CHECK(io.stats().copies == 1);
  }
  io.upload(std::vector<SharedTensor>{tensor_of(70'000, 3)}).wait();
  CHECK(io.stats().no_room == 1);
  CHECK(io.stats().uploads == 3);
  CHECK(io.stats().copies == 2);
}

TEST_CASE("a copy that the device refuses is told to whoever waits, and whoever does not wait goes on") {
  if (!hardware::nvidia::kHasCudaHeader || !std::filesystem::exists(tier::testing::kFakeCudaLibrary)) {
    MESSAGE("skipped: this build has no cuda.h, or no fake driver");
    return;
  }
  for (const bool async : {true, false}) {
    tier::testing::set_up({.lost_after_copies = 1});
    const RealClock clock;
    OptimizedIOMechanism io(tier::make_cuda_device({.library = tier::testing::kFakeCudaLibrary}), clock,
                            {.async_transfers = async});
    const std::vector<SharedTensor> tensors{tensor_of(1000, 1), tensor_of(1000, 2), tensor_of(1000, 3)};
    auto upload = io.upload(tensors);
    try {
      upload.wait();
      FAIL("not thrown");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kEnvironment);
    }
    { const auto nobody_waits = io.upload(tensors); }
  }
}

TEST_CASE("nothing to upload is an upload of nothing") {
  const RealClock clock;
  OptimizedIOMechanism io(device({}), clock, {});
  auto upload = io.upload({});
  upload.wait();
  OptimizedIOMechanism::Upload none;
  none.wait();
  CHECK(io.stats().copies == 0);
}

TEST_CASE("what was made in page-locked memory goes up from there") {
  for (const bool pinned : {true, false}) {
    const RealClock clock;
    const IoOptions options{.pinned_memory = pinned};
    OptimizedIOMechanism io(device(options), clock, options);
    auto made = io.page_locked({.shape = {70'000}, .dtype = DType::kU8});
    REQUIRE(made.bytes.size() == 70'000);
    std::fill(made.bytes.begin(), made.bytes.end(), std::byte{3});
    CHECK(made.tensor.view().data.back() == std::byte{3});
    const SharedTensor tensors[] = {made.tensor, tensor_of(1000, 1)};
    io.upload(tensors).wait();
    CHECK(io.stats().bytes == Bytes{71'000});
    CHECK(io.stats().staged == (pinned ? Bytes{1000} : Bytes{0}));
  }
}

TEST_CASE("counting anew leaves out what was used again before") {
  const RealClock clock;
  OptimizedIOMechanism io(device({}), clock, {});
  const SharedTensor tensors[] = {tensor_of(100'000, 1)};
  for (int i = 0; i < 3; ++i) io.upload(tensors).wait();
  REQUIRE(io.stats().reused_memory == 2);
  REQUIRE(io.stats().reused_staging == 2);
  io.reset_stats();
  CHECK(io.stats().reused_memory == 0);
  CHECK(io.stats().reused_staging == 0);
  io.upload(tensors).wait();
  CHECK(io.stats().reused_memory == 1);
  CHECK(io.stats().reused_staging == 1);
}

TEST_CASE("memory of the device is used again unless that is switched off") {
  for (const bool reuse : {true, false}) {
    const RealClock clock;
    const IoOptions options{.reuse_memory = reuse};
    OptimizedIOMechanism io(device(options), clock, options);
    const SharedTensor tensors[] = {tensor_of(100'000, 1)};
    for (int i = 0; i < 3; ++i) io.upload(tensors).wait();
    CHECK(io.stats().reused_memory == (reuse ? 2 : 0));
  }
}

TEST_CASE("an upload that nobody waits for is waited for before its memory goes") {
  const RealClock clock;
  OptimizedIOMechanism io(device({}, tier::Throttle::kOn), clock, {});
  { const auto upload = io.upload(std::vector<SharedTensor>{tensor_of(1 << 20, 1)}); }
  auto moved = io.upload(std::vector<SharedTensor>{tensor_of(1 << 20, 1)});
  moved = io.upload(std::vector<SharedTensor>{tensor_of(1 << 20, 2)});
  moved.wait();
  CHECK(io.stats().uploads == 3);
}

TEST_CASE("pageable memory is slower on the link") {
  const RealClock clock;
  const SharedTensor tensors[] = {tensor_of(8 << 20, 1)};
  const auto took = [&](bool pinned) {
    const IoOptions options{.pinned_memory = pinned, .async_transfers = true, .streams = 1};
    OptimizedIOMechanism io(device(options, tier::Throttle::kOn), clock, options);
    io.upload(tensors).wait();  // touches the memory
    const Nanoseconds begun = clock.now();
    io.upload(tensors).wait();
    return clock.now() - begun;
  };
  const hardware::Profile profile = hardware::find_profile("i5-10210u-mx250-nvme");
  const double least = static_cast<double>(8 << 20) / profile.pageable_bytes_per_second * 1e9;
  CHECK(static_cast<double>(took(false).count()) >= least);
  CHECK(static_cast<double>(took(true).count()) >=
        static_cast<double>(8 << 20) / profile.h2d.bytes_per_second * 1e9);
}
