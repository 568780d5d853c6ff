// SPDX-License-Identifier: Apache-2.0
#include "core/thread_time.h"

#include <doctest/doctest.h>

#include <thread>

using namespace cachebench;

TEST_CASE("time passes while a thread computes, and stands still while it waits for another") {
  OffProcessor off;
  off.begin();
  const Nanoseconds before = thread_time();
  Nanoseconds others{0};
  std::thread other([&] {
    while (thread_time() < Nanoseconds{20'000'000}) continue;
    others = thread_time();
  });
  other.join();
  CHECK(others >= Nanoseconds{20'000'000});
  CHECK(off.since_begin() >= Nanoseconds{10'000'000});
  CHECK(thread_time() - before < Nanoseconds{10'000'000});
  const Nanoseconds computing = thread_time();
  while (thread_time() < computing + Nanoseconds{1'000'000}) continue;
  CHECK(thread_time() >= computing + Nanoseconds{1'000'000});
}
