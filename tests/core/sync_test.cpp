// SPDX-License-Identifier: Apache-2.0
#include "core/sync.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace cachebench;

namespace {

struct Counter {
  Mutex mutex;
  CondVar changed;
  int value CACHEBENCH_GUARDED_BY(mutex) = 0;
};

}  // namespace

TEST_CASE("the lock excludes") {
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10000; ++j) {
        const MutexLock lock(counter.mutex);
        ++counter.value;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const MutexLock lock(counter.mutex);
  CHECK(counter.value == 40000);
}

TEST_CASE("a waiter sees what was changed before the notification") {
  Counter counter;
  std::thread other([&] {
    const MutexLock lock(counter.mutex);
    counter.value = 1;
    counter.changed.notify_one();
  });
  {
    const MutexLock lock(counter.mutex);
    while (counter.value == 0) counter.changed.wait(counter.mutex);
    CHECK(counter.value == 1);
  }
  other.join();
}

TEST_CASE("a wait with a limit comes back, with the lock held") {
  Counter counter;
  const MutexLock lock(counter.mutex);
  while (counter.changed.wait_for(counter.mutex, std::chrono::milliseconds(1))) {
  }
  counter.value = 2;
  CHECK(counter.value == 2);
}
