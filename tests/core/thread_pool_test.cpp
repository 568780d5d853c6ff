// SPDX-License-Identifier: Apache-2.0
#include "core/thread_pool.h"

#include <doctest/doctest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

using namespace cachebench;

TEST_CASE("every job runs once, and drain waits for all of them") {
  ThreadPool pool(4, "test");
  CHECK(pool.size() == 4);
  std::vector<std::atomic<int>> runs(1000);
  for (int round = 1; round <= 3; ++round) {
    for (auto& count : runs) pool.submit([&count] { ++count; });
    pool.drain();
    for (const auto& count : runs) REQUIRE(count == round);
  }
  pool.drain();
}

TEST_CASE("one thread keeps the order of submission") {
  std::vector<int> order;
  {
    ThreadPool pool(1, "test");
    for (int i = 0; i < 500; ++i) pool.submit([&order, i] { order.push_back(i); });
  }
  REQUIRE(order.size() == 500);
  for (int i = 0; i < 500; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("jobs may submit jobs, and drain waits for those too") {
  ThreadPool pool(2, "test");
  std::atomic<int> runs = 0;
  for (int i = 0; i < 100; ++i) {
    pool.submit([&] {
      pool.submit([&] { ++runs; });
      ++runs;
    });
  }
  pool.drain();
  CHECK(runs == 200);
}

TEST_CASE("threads run side by side") {
  // Each job waits for the other: with one thread, or a lock held while a job runs, this would not end.
  ThreadPool pool(2, "test");
  std::atomic<int> arrived = 0;
  for (int i = 0; i < 2; ++i) {
    pool.submit([&] {
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
    });
  }
  pool.drain();
  CHECK(arrived == 2);
}

TEST_CASE("threads bear the name of the pool and their number") {
  ThreadPool pool(1, "copy");
  std::string name;
  pool.submit([&] {
    std::array<char, 16> buffer{};
    ::pthread_getname_np(::pthread_self(), buffer.data(), buffer.size());
    name = buffer.data();
  });
  pool.drain();
  CHECK(name == "copy-0");
}
