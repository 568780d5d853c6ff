// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/io_load.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("a pass writes every block once, whatever the depth") {
  const testing::TempDir folder;
  const ScratchFile file(folder / "", Bytes{64 * 4096});
  const RealClock clock;
  std::vector<std::string> notes;
  for (const unsigned depth : {1U, 3U, 64U, 100U}) {
    IoLoad load(file, {.depth = depth, .write_share = 1, .order = IoOrder::kSequential}, clock, notes);
    const IoLoad::Outcome done = load.run_over(file.size());
    CHECK(done.operations == 64);
    CHECK(done.written_bytes == file.size().value);
    CHECK(done.read_bytes == 0);
    CHECK(done.operation_time.count() > 0);
  }
  // Nothing of the file is still zero.
  tier::PageBuffer page(4096);
  for (int i = 0; i < 64; ++i) {
    REQUIRE(::pread(file.fd(), page.data(), 4096, i * 4096) == 4096);
    bool any = false;
    for (const std::byte byte : page.span()) any = any || byte != std::byte{0};
    CHECK(any);
  }
}

TEST_CASE("shares of reads and writes are those asked for, and at least one operation is in the figures") {
  const testing::TempDir folder;
  const ScratchFile file(folder / "", kMiB);
  const RealClock clock;
  std::vector<std::string> notes;
  IoLoad reads(file, {.depth = 4}, clock, notes);
  const IoLoad::Outcome read = reads.run_for(Nanoseconds{0});
  CHECK(read.operations >= 1);
  CHECK(read.read_bytes == read.operations * 4096);
  CHECK(read.written_bytes == 0);
  CHECK(read.elapsed.count() > 0);
  IoLoad mixed(file, {.depth = 4, .write_share = 0.5}, clock, notes);
  const IoLoad::Outcome both = mixed.run_over(kMiB);
  CHECK(both.operations == 256);
  CHECK(both.read_bytes > 64 * 4096);
  CHECK(both.written_bytes > 64 * 4096);
  CHECK(both.read_bytes + both.written_bytes == kMiB.value);
}

TEST_CASE("a load for a time leaves its first operations and its last ones out") {
  const testing::TempDir folder;
  const ScratchFile file(folder / "", kMiB);
  const RealClock clock;
  std::vector<std::string> notes;
  for (const unsigned depth : {1U, 8U, 200U}) {
    IoLoad reads(file, {.depth = depth}, clock, notes);
    const Nanoseconds asked{2'000'000};
    const Nanoseconds begun = clock.now();
    const IoLoad::Outcome done = reads.run_for(asked);
    CHECK(done.elapsed <= clock.now() - begun);
    CHECK((done.elapsed <= asked || done.operations <= depth));
    // What was counted was under way no longer than the whole took, each.
    CHECK(done.operation_time.count() <= (clock.now() - begun).count() * static_cast<long>(done.operations));
  }
}

TEST_CASE("an operation that fails is an error, once nothing is under way") {
  const testing::TempDir folder;
  const ScratchFile file(folder / "", kMiB);
  REQUIRE(::ftruncate(file.fd(), 4096) == 0);  // most reads end early
  const RealClock clock;
  std::vector<std::string> notes;
  IoLoad reads(file, {.depth = 8}, clock, notes);
  CHECK_THROWS_AS((void)reads.run_over(kMiB), Error);
}
