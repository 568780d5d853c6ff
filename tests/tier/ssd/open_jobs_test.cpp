// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/open_jobs.h"

#include <doctest.h>

#include <atomic>
#include <thread>

using namespace cachebench::tier;

TEST_CASE("numbers grow, and where nothing is open nobody waits") {
  OpenJobs jobs;
  jobs.wait_for_those_so_far();
  const std::uint64_t first = jobs.begin();
  const std::uint64_t second = jobs.begin();
  CHECK(first < second);
  jobs.end(second);
  jobs.end(first);
  jobs.wait_for_those_so_far();
}

TEST_CASE("who waits does so for what has begun, in whichever order it ends, and for nothing later") {
  OpenJobs jobs;
  const std::uint64_t first = jobs.begin();
  const std::uint64_t second = jobs.begin();
  std::atomic<bool> is_through{false};
  std::thread waits([&] {
    jobs.wait_for_those_so_far();
    is_through = true;
  });
  jobs.end(second);
  CHECK_FALSE(is_through);
  jobs.end(first);
  waits.join();
  CHECK(is_through);

  const std::uint64_t third = jobs.begin();
  std::thread later([&] { jobs.wait_for_those_so_far(); });
  jobs.end(third);
  later.join();
  jobs.wait_for_all();
}
