// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>

#include "core/sync.h"

namespace cachebench::tier {

/// Jobs that have begun and not ended, by number: whoever wants all of those so far done need not wait for
/// those that begin later. Thread-safe. No errors.
class OpenJobs {
 public:
  /// Its number, larger than all before.
  [[nodiscard]] std::uint64_t begin() {
    const MutexLock lock(mutex_);
    open_.insert(next_);
    return next_++;
  }

  void end(std::uint64_t job) {
    const MutexLock lock(mutex_);
    open_.erase(job);
    ended_.notify_all();
  }

  void wait_for_those_so_far() {
    const MutexLock lock(mutex_);
    const std::uint64_t next = next_;
    while (!open_.empty() && *open_.begin() < next) ended_.wait(mutex_);
  }

  void wait_for_all() {
    const MutexLock lock(mutex_);
    while (!open_.empty()) ended_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar ended_;
  std::set<std::uint64_t> open_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t next_ CACHEBENCH_GUARDED_BY(mutex_) = 1;
};

}  // namespace cachebench::tier
