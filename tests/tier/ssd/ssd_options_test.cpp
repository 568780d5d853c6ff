// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/ssd_options.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tier/ssd/ssd_plane.h"

using namespace cachebench;
using namespace cachebench::tier;

TEST_CASE("options of the SSD tier that make no sense are refused before anything is opened") {
  const SsdOptions usual;
  CHECK(&checked(usual) == &usual);
  for (const SsdOptions& wrong :
       {SsdOptions{.io = "aio"}, SsdOptions{.queue_depth = 0}, SsdOptions{.queue_depth = 4097},
        SsdOptions{.block = Bytes{0}}, SsdOptions{.block = Bytes{5000}}}) {
    CHECK_THROWS_AS((void)checked(wrong), Error);
    CHECK_THROWS_AS((void)make_ssd_plane(wrong), Error);
  }
}

TEST_CASE("records are read as they were written, whatever the blocks and the depth") {
  for (const std::uint64_t block : {std::uint64_t{4096}, std::uint64_t{12'288}, kMiB.value}) {
    for (const unsigned depth : {1U, 3U}) {
      const auto plane = make_ssd_plane({.capacity = kMiB * 4, .queue_depth = depth, .block = Bytes{block}});
      std::vector<std::byte> source(300'001);
      for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<std::byte>(i * 31 + i / 256);
      const Block record = plane->allocate(Bytes{source.size()}).value();
      REQUIRE(plane->write(record, {}, source).wait().status == TransferStatus::kDone);
      std::vector<std::byte> target(source.size());
      REQUIRE(plane->read(record, target).wait().status == TransferStatus::kDone);
      CHECK(target == source);
      plane->release(record);
    }
  }
}
