// SPDX-License-Identifier: Apache-2.0
#include "tier/null/null_plane.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace cachebench::tier {
namespace {

TEST_CASE("the null plane keeps accounts, holds nothing and refuses nothing") {
  const auto plane = make_null_plane({.medium = hardware::Medium::kSsd, .capacity = kMiB});
  CHECK(plane->medium() == hardware::Medium::kSsd);
  CHECK(std::string(plane->device()) == "null");

  const Block first = plane->allocate(kGiB).value();
  const Block second = plane->allocate(kMiB).value();
  CHECK(plane->host_view(first).empty());
  CHECK(plane->write(first, {}, {}).is_complete());
  std::array<std::byte, 4> target{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  const std::array<std::byte, 4> before = target;
  CHECK(plane->read(second, target).wait().status == TransferStatus::kDone);
  CHECK(target == before);

  plane->release(first);
  const PlaneStats stats = plane->stats();
  CHECK(stats.capacity == kMiB);
  CHECK(stats.allocated == kMiB);
  CHECK(stats.peak == kGiB + kMiB);
  CHECK(stats.bytes_written == kGiB);
  CHECK(stats.bytes_read == kMiB);
  CHECK(plane->recover().empty());
}

}  // namespace
}  // namespace cachebench::tier
