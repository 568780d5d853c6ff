// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/cuda_device.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "tier/device/device_plane.h"
#include "tier/device/device_types.h"
#include "tier/mapping.h"

// On the fake driver: what is the CUDA device's own. What all devices share is in device_api_test.cpp.
namespace cachebench::tier {
namespace {

using namespace testing;

CudaDeviceOptions fake(BatchedCopies batched = BatchedCopies::kAuto) {
  return {.library = kFakeCudaLibrary, .batched = batched};
}

std::string refusal_of(const CudaDeviceOptions& options) {
  try {
    (void)make_cuda_device(options);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
    return error.what();
  }
  return {};
}

bool can_run() {
  if (hardware::nvidia::kHasCudaHeader && std::filesystem::exists(kFakeCudaLibrary)) return true;
  MESSAGE("skipped: this build has no cuda.h, or no fake driver");
  return false;
}

}  // namespace

TEST_CASE("without a driver, or with one that does not serve, a line says what to do instead") {
  const std::string absent = refusal_of({.library = "no-such-driver.so.1"});
  CHECK(absent.find("device \"emulated\"") != std::string::npos);
  CHECK(absent.find('\n') == std::string::npos);
  if (!can_run()) return;
  set_up({.driver_version = 10020});
  CHECK(refusal_of(fake()).find("11.0 or newer is needed: update it") != std::string::npos);
  set_up({.devices = 0});
  CHECK(refusal_of(fake()).find("cannot be counted") != std::string::npos);
  set_up({});
  CHECK(refusal_of({.library = kFakeCudaLibrary, .ordinal = 1}).find("no GPU number 1") != std::string::npos);
  CHECK(fake_counts().contexts == 0);
}

TEST_CASE("everything that the device took goes back, and every call has its context") {
  if (!can_run()) return;
  for (const int pools : {0, 1}) {
    set_up({.pools = pools});
    {
      const auto device = make_cuda_device(fake());
      const std::shared_ptr<PinnedMemory> pinned = device->pinned_memory();
      const auto stream = device->create_stream();
      const auto event = device->create_event();
      const auto memory = device->malloc(kMiB).value();
      std::byte* const host = pinned->allocate(kMiB);
      const HostToDevice copy{.target = memory, .source = {host, kMiB.value}};
      for (int i = 0; i < 10; ++i) stream->memcpy_async(std::span(&copy, 1), {});
      stream->record(*event);
      event->synchronize();
      pinned->release(host);
      device->free(memory);
      CHECK(fake_counts().pooled == static_cast<std::uint64_t>(pools) * 2);  // once more for the alignment
    }
    const FakeCudaCounts counts = fake_counts();
    CHECK(counts.live_memory == 0);
    CHECK(counts.live_pinned == 0);
    CHECK(counts.live_events == 0);
    CHECK(counts.live_streams == 0);
    CHECK(counts.contexts == 0);
    CHECK(counts.foreign_calls == 0);
  }
}

TEST_CASE("what the pool keeps idle is given up before the card is said to be full") {
  if (!can_run()) return;
  set_up({.pool_keeps = true, .memory = 160 * kMiB.value});
  const auto device = make_cuda_device(fake());
  const auto piece = device->malloc(kMiB * 60);
  REQUIRE(piece.has_value());
  device->free(*piece);
  CHECK(fake_counts().kept_by_pool >= 60 * kMiB.value);
  const auto arena = device->malloc(kMiB * 120);  // too large for the pool, which holds what it needs
  REQUIRE(arena.has_value());
  CHECK(fake_counts().kept_by_pool == 0);
  CHECK_FALSE(device->malloc(kMiB * 120).has_value());
  device->free(*arena);
}

TEST_CASE("a batch that finds no page-locked memory for its ranges is copied one by one") {
  if (!can_run()) return;
  set_up({.pinned = 512 * kKiB.value});  // what the copies lie in, and nothing beside it
  const auto device = make_cuda_device(fake(BatchedCopies::kKernel));
  const auto stream = device->create_stream();
  const auto memory = device->malloc(kMiB).value();
  const auto host = Mapping::try_pinned(kKiB * 512, device->pinned_memory());
  REQUIRE(host->is_pinned());
  std::vector<HostToDevice> copies;
  for (std::uint64_t i = 0; i < 8; ++i) {
    copies.push_back({.target = static_cast<DevicePointer>(static_cast<std::uint64_t>(memory) + i * 65'536),
                      .source = host->span().subspan(i * 65'536, 65'536)});
  }
  bool failed = false;
  stream->memcpy_async(copies, [&](const CopyResult& result) { failed = result.error != nullptr; });
  stream->synchronize();
  CHECK_FALSE(failed);
  CHECK(fake_counts().copies == 8);
  device->free(memory);
}

TEST_CASE("an error that comes later names the copy that it met") {
  if (!can_run()) return;
  set_up({.lost_after_copies = 0});
  const auto device = make_cuda_device(fake());
  const auto memory = device->malloc(kMiB).value();
  const auto stream = device->create_stream();
  const std::vector<std::byte> source(200'000);
  const HostToDevice copy{.target = memory, .source = source};
  std::exception_ptr error;
  stream->memcpy_async(std::span(&copy, 1), [&](const CopyResult& result) { error = result.error; });
  CHECK_THROWS_AS(stream->synchronize(), Error);
  REQUIRE(error != nullptr);
  try {
    std::rethrow_exception(error);
  } catch (const Error& thrown) {
    const std::string text = thrown.what();
    CHECK(text.find("copying 195 KiB to the device failed: CUDA_ERROR_LAUNCH_FAILED") != std::string::npos);
    CAPTURE(text);
  }
  device->free(memory);
}

TEST_CASE("pinned memory outlives the device that gave it") {
  if (!can_run()) return;
  set_up({});
  std::shared_ptr<PinnedMemory> pinned = make_cuda_device(fake())->pinned_memory();
  std::byte* const host = pinned->allocate(kMiB);
  REQUIRE(host != nullptr);
  host[kMiB.value - 1] = std::byte{1};
  pinned->release(host);
  pinned.reset();
  CHECK(fake_counts().contexts == 0);
}

TEST_CASE("a batch travels as one: by the driver, by one kernel from pinned memory, or copy by copy") {
  if (!can_run()) return;
  struct Expected {
    BatchedCopies batched;
    bool pinned;
    std::uint64_t copies, batches, launches;
    int batch_result = 0;
  };
  for (const Expected& expected :
       {Expected{BatchedCopies::kAuto, false, 0, 1, 0}, Expected{BatchedCopies::kDriver, true, 0, 1, 0},
        Expected{BatchedCopies::kKernel, true, 0, 0, 1}, Expected{BatchedCopies::kKernel, false, 8, 0, 0},
        Expected{BatchedCopies::kSingle, true, 8, 0, 0}}) {
    set_up({});
    const auto device = make_cuda_device(fake(expected.batched));
    const bool has_kernels = device->notes().size() == 1;
    if (expected.launches > 0 && !has_kernels) continue;
    const auto stream = device->create_stream();
    const auto memory = device->malloc(kMiB).value();
    std::optional<Mapping> host =
        Mapping::try_pinned(kMiB, expected.pinned ? device->pinned_memory() : nullptr);
    REQUIRE(host.has_value());
    std::vector<HostToDevice> copies;
    for (std::uint64_t i = 0; i < 8; ++i) {
      copies.push_back({.target = static_cast<DevicePointer>(static_cast<std::uint64_t>(memory) + i * 65'536),
                        .source = host->span().subspan(i * 65'536, 65'536)});
    }
    stream->memcpy_async(copies, {});
    stream->synchronize();
    CHECK(fake_counts().copies == expected.copies);
    CHECK(fake_counts().batches == expected.batches);
    CHECK(fake_counts().launches == expected.launches);
    device->free(memory);
  }
}

TEST_CASE(
    "without kernels for the card, or with a driver that refuses them, copies go on and a note says why") {
  if (!can_run()) return;
  set_up({.image_result = 209});  // CUDA_ERROR_NO_BINARY_FOR_GPU
  const auto device = make_cuda_device(fake(BatchedCopies::kKernel));
  REQUIRE(device->notes().size() == 2);
  CHECK(device->notes()[1].find("kernels") != std::string::npos);
  CHECK(why_no_kernel_moves(*device) == device->notes()[1]);
  CHECK(!why_no_kernel_moves(*EmulatedInline::make({})).empty());
  const auto plane = make_device_plane({.capacity = kMiB}, device);
  const std::vector<std::byte> source(1000, std::byte{7});
  std::vector<std::byte> target(1000);
  const Block block = plane->allocate(Bytes{1000}).value();
  CHECK(plane->write(block, {}, source).wait().status == TransferStatus::kDone);
  CHECK(plane->read(block, target).wait().status == TransferStatus::kDone);
  CHECK(target == source);
  plane->release(block);
}

TEST_CASE("a plane on the device lends its pinned memory; the emulated one has none to lend") {
  const auto emulated = make_device_plane({.capacity = kMiB}, EmulatedInline::make({}));
  auto* const none = dynamic_cast<PinnedSource*>(emulated.get());
  REQUIRE(none != nullptr);
  CHECK(none->pinned_memory() == nullptr);
  if (!can_run()) return;
  set_up({});
  const auto plane = make_device_plane({.capacity = kMiB}, make_cuda_device(fake()));
  auto* const source = dynamic_cast<PinnedSource*>(plane.get());
  REQUIRE(source != nullptr);
  CHECK(Mapping::try_pinned(kMiB, source->pinned_memory())->is_pinned());
}

TEST_CASE("a tier on the device: its budget, a GPU without room, and one that is lost") {
  if (!can_run()) return;
  set_up({.memory = 8 * kMiB.value});
  try {
    (void)make_device_plane({.capacity = kMiB * 100}, make_cuda_device(fake()));
    FAIL("there is no room");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
  }
  set_up({.lost_after_copies = 1});
  const auto plane = make_device_plane({.capacity = kMiB}, make_cuda_device(fake()));
  CHECK(std::string(plane->device()) == "cuda");
  const std::vector<std::byte> source(200'000, std::byte{7});
  std::vector<std::byte> target(200'000);
  const Block block = plane->allocate(Bytes{source.size()}).value();
  CHECK(plane->write(block, {}, source).wait().status == TransferStatus::kDone);
  const Completion failed = plane->read(block, target).wait();
  CHECK(failed.status == TransferStatus::kFailed);
  try {
    std::rethrow_exception(failed.error);
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(text.find("CUDA_ERROR_LAUNCH_FAILED") != std::string::npos);
    CHECK(text.find("run again, or take device \"emulated\"") != std::string::npos);
  }
  CHECK(plane->write(block, {}, source).wait().status == TransferStatus::kFailed);
  CHECK_THROWS_AS(plane->flush(), Error);
  plane->release(block);
}

}  // namespace cachebench::tier
