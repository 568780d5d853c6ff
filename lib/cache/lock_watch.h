// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/check.h"
#include "core/sync.h"

/// The rule that no lock is held across I/O or a copy, made checkable: the lock around decisions counts
/// itself for the thread that holds it, and whoever is about to wait or to move bytes checks the count. It
/// costs a thread-local increment, so it is always on. The count belongs to the thread; no state is shared.
namespace cachebench::cache {

/// Decision locks that the calling thread holds.
inline int& decision_locks_held() {
  thread_local constinit int held = 0;
  return held;
}

inline void check_no_decision_lock(const char* what) {
  CACHEBENCH_CHECK(decision_locks_held() == 0, "{} with the decision lock held", what);
}

/// MutexLock for the lock around decisions.
class CACHEBENCH_THREAD_ATTRIBUTE(scoped_lockable) DecisionLock {
 public:
  explicit DecisionLock(Mutex& mutex) CACHEBENCH_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
    ++decision_locks_held();
  }
  ~DecisionLock() CACHEBENCH_THREAD_ATTRIBUTE(release_capability()) {
    --decision_locks_held();
    mutex_.unlock();
  }
  DecisionLock(const DecisionLock&) = delete;
  DecisionLock& operator=(const DecisionLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace cachebench::cache
