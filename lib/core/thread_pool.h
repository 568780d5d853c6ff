// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/sync.h"

namespace cachebench {

/// A fixed number of threads that run jobs in the order they were submitted. Thread-safe. Jobs must not
/// throw. Destruction runs what was submitted, then joins.
class ThreadPool {
 public:
  /// Names the threads `name`-0, `name`-1, … for debuggers and profilers.
  ThreadPool(std::size_t threads, const std::string& name);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void submit(std::function<void()> job) CACHEBENCH_EXCLUDES(mutex_);
  /// Blocks until every submitted job has finished.
  void drain() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const { return threads_.size(); }

 private:
  void work(const std::string& name) CACHEBENCH_EXCLUDES(mutex_);

  Mutex mutex_;
  CondVar wake_;
  CondVar idle_;
  std::deque<std::function<void()>> jobs_ CACHEBENCH_GUARDED_BY(mutex_);
  std::size_t running_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  bool stopping_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace cachebench
