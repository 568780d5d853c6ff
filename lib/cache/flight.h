// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "cache/directory.h"
#include "cache/lock_watch.h"
#include "core/sync.h"

namespace cachebench::cache {

/// One computation of one missing entry that others may wait for, so that a miss is computed once. Landed by
/// its owner through HierarchicalCacheManager::put_tensor or abandon. Thread-safe.
class Flight {
 public:
  struct Landing {
    Level level = Level::kNone;  ///< the uppermost tier the entry entered; kNone when it was refused
    MissCause cause = MissCause::kCold;
  };

  /// `cause` is the owner's, which waiters share when the entry lands nowhere.
  explicit Flight(MissCause cause) : cause_(cause) {}

  /// Blocks until landed; never with a lock held.
  [[nodiscard]] Landing wait() const {
    check_no_decision_lock("waiting for a computation");
    const MutexLock lock(mutex_);
    while (!landed_) changed_.wait(mutex_);
    return {.level = level_, .cause = cause_};
  }
  [[nodiscard]] bool is_landed() const {
    const MutexLock lock(mutex_);
    return landed_;
  }
  /// Runs `job` once landed, on the landing thread; at once when it has.
  void when_landed(std::function<void()> job) {
    {
      const MutexLock lock(mutex_);
      if (!landed_) {
        waiting_.push_back(std::move(job));
        return;
      }
    }
    job();
  }
  void land(Level level) {
    std::vector<std::function<void()>> woken;
    {
      const MutexLock lock(mutex_);
      landed_ = true;
      level_ = level;
      woken.swap(waiting_);
    }
    changed_.notify_all();
    for (const auto& job : woken) job();
  }

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  const MissCause cause_;
  bool landed_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  Level level_ CACHEBENCH_GUARDED_BY(mutex_) = Level::kNone;
  std::vector<std::function<void()>> waiting_ CACHEBENCH_GUARDED_BY(mutex_);
};

using FlightPtr = std::shared_ptr<Flight>;

}  // namespace cachebench::cache
