// SPDX-License-Identifier: Apache-2.0
#include "tier/faulty_plane.h"

#include <doctest/doctest.h>

#include <array>
#include <thread>

#include "tier/host/host_plane.h"

namespace cachebench::tier {
namespace {

struct Fixture {
  FaultyPlane plane{make_host_plane({.capacity = kMiB, .lock = PageLock::kOff})};
  Block block = plane.allocate(Bytes{4}).value();
  const std::array<std::byte, 4> source{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  std::array<std::byte, 4> target{};
};

TEST_CASE("a faulty plane without faults is the plane inside") {
  Fixture f;
  CHECK(f.plane.write(f.block, {}, f.source).wait().status == TransferStatus::kDone);
  CHECK(f.plane.read(f.block, f.target).wait().status == TransferStatus::kDone);
  CHECK(f.target == f.source);
  CHECK(f.plane.host_view(f.block)[1] == std::byte{2});
  CHECK(f.plane.stats().bytes_read == Bytes{4});
}

TEST_CASE("faults meet as many operations as asked and no more") {
  Fixture f;
  f.plane.refuse_allocations(1);
  CHECK_FALSE(f.plane.allocate(Bytes{1}).has_value());
  CHECK(f.plane.allocate(Bytes{1}).has_value());
  f.plane.fail_writes(1);
  CHECK(f.plane.write(f.block, {}, f.source).wait().status == TransferStatus::kFailed);
  CHECK(f.plane.write(f.block, {}, f.source).wait().status == TransferStatus::kDone);
  f.plane.corrupt_reads(1);
  CHECK(f.plane.read(f.block, f.target).wait().status == TransferStatus::kCorrupt);
  f.plane.fail_reads(1);
  CHECK(f.plane.read(f.block, f.target).wait().error != nullptr);
  f.plane.flip_reads(1);
  CHECK(f.plane.read(f.block, f.target).wait().status == TransferStatus::kDone);
  CHECK(f.target[2] == std::byte{2});  // 3 with a bit flipped
  CHECK(f.plane.read(f.block, f.target).wait().status == TransferStatus::kDone);
  CHECK(f.target == f.source);
}

TEST_CASE("transfers are held back until the test lets them go, in order") {
  Fixture f;
  f.plane.stall(FaultyPlane::Transfers::kWrites);
  CHECK(f.plane.read(f.block, f.target).is_complete());
  Ticket first;
  Ticket second;
  std::thread writer([&] {
    first = f.plane.write(f.block, {}, f.source);
    second = f.plane.write(f.block, {}, f.source);
  });
  f.plane.wait_for_stalled(2);
  writer.join();
  CHECK_FALSE(first.is_complete());
  CHECK(f.plane.step());
  CHECK(first.is_complete());
  CHECK_FALSE(second.is_complete());
  f.plane.resume();
  CHECK(second.wait().status == TransferStatus::kDone);
  CHECK(f.plane.stalled() == 0);
  CHECK_FALSE(f.plane.step());
  CHECK(f.plane.write(f.block, {}, f.source).is_complete());
}

}  // namespace
}  // namespace cachebench::tier
