// SPDX-License-Identifier: Apache-2.0
#include "core/disk_space.h"

#include <doctest/doctest.h>

#include "support/temp_dir.h"

using namespace cachebench;

TEST_CASE("a folder's file system has room, one that is not there has none to speak of") {
  const testing::TempDir folder;
  const std::optional<Bytes> room = free_disk_space(folder / "");
  REQUIRE(room.has_value());
  CHECK(*room > Bytes{0});
  CHECK_FALSE(free_disk_space(folder / "missing").has_value());
}
