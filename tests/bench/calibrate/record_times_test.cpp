// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/record_times.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("records of changing sizes are timed, and nothing is left") {
  const testing::TempDir folder;
  for (const RecordDirection direction : {RecordDirection::kRead, RecordDirection::kWrite}) {
    RecordTimes records(folder / "", direction);
    for (const std::uint64_t kib : {4U, 4U, 512U, 16U, 1U}) {
      CHECK(records.once(Bytes{kib * kKiB.value}).count() > 0);
      for (int i = 0; i < 70; ++i) CHECK(records.once_in_exchange(Bytes{kib * kKiB.value}).count() > 0);
    }
    CHECK(!std::filesystem::is_empty(folder / ""));
  }
  CHECK(std::filesystem::is_empty(folder / ""));
}

TEST_CASE("a folder that cannot be written is an error of the environment") {
  CHECK_THROWS_AS(RecordTimes("/proc", RecordDirection::kRead), Error);
}
