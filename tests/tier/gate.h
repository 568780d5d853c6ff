// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/sync.h"

/// A point in a test where one thread stops until another lets it go on: sequence without sleeping.
/// Thread-safe.
namespace cachebench::tier {

class Gate {
 public:
  /// Blocks until opened.
  void pass() {
    const MutexLock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    while (!open_) changed_.wait(mutex_);
  }
  /// Blocks until `count` threads have come to the gate.
  void wait_for_arrivals(int count) {
    const MutexLock lock(mutex_);
    while (arrived_ < count) changed_.wait(mutex_);
  }
  void open() {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int arrived_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  bool open_ CACHEBENCH_GUARDED_BY(mutex_) = false;
};

}  // namespace cachebench::tier
