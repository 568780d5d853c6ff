// SPDX-License-Identifier: Apache-2.0
#include "cache/transfer_progress.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace cachebench::cache {
namespace {

TEST_CASE("a standstill is noticed when the last active one ends beside parked ones") {
  TransferProgress progress;
  progress.began();
  progress.began();
  progress.parked();
  CHECK_FALSE(progress.ended());
  CHECK_FALSE(progress.take_force());
  CHECK(progress.ended());
  CHECK(progress.take_force());
  CHECK_FALSE(progress.take_force());  // for one only
}

TEST_CASE("nobody parked is no standstill, and room that was found calls the force off") {
  TransferProgress progress;
  progress.began();
  CHECK_FALSE(progress.ended());
  progress.began();
  progress.parked();
  CHECK(progress.ended());
  progress.unparked();
  progress.began();
  progress.found_room();
  CHECK_FALSE(progress.take_force());
  CHECK_FALSE(progress.ended());
}

TEST_CASE("only what goes down is backlog") {
  TransferProgress progress;
  progress.planned(Direction::kUp, Bytes{100});
  progress.wait_for_backlog(Bytes{0});  // returns at once
  progress.planned(Direction::kDown, Bytes{5});
  progress.wait_for_backlog(Bytes{5});
  std::atomic<bool> through{false};
  std::thread waiter([&] {
    progress.wait_for_backlog(Bytes{4});
    through = true;
    progress.wait_idle();
  });
  CHECK_FALSE(through);
  progress.finished(Direction::kDown, Bytes{5});
  progress.finished(Direction::kUp, Bytes{100});
  waiter.join();
  CHECK(through);
}

}  // namespace
}  // namespace cachebench::cache
