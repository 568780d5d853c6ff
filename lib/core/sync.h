// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

/// Locks with thread-safety annotations, checked by Clang. The only place that names std::mutex. A lock that
/// is taken spins for a moment before the thread goes to sleep: most are held for less time than a sleep and
/// the wake-up after it take.
#if defined(__clang__)
#define CACHEBENCH_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define CACHEBENCH_THREAD_ATTRIBUTE(x)
#endif
#define CACHEBENCH_GUARDED_BY(x) CACHEBENCH_THREAD_ATTRIBUTE(guarded_by(x))
#define CACHEBENCH_REQUIRES(...) CACHEBENCH_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define CACHEBENCH_EXCLUDES(...) CACHEBENCH_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace cachebench {

class CACHEBENCH_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() CACHEBENCH_THREAD_ATTRIBUTE(acquire_capability()) {
    if (!mutex_.try_lock() && !spin()) mutex_.lock();
  }
  void unlock() CACHEBENCH_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  static constexpr int kSpins = 64;  // about two microseconds
  // Whether it got the lock.
  bool spin() {
    for (int i = 0; i < kSpins; ++i) {
      pause();
      if (mutex_.try_lock()) return true;
    }
    return false;
  }
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::mutex mutex_;
};

class CACHEBENCH_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) CACHEBENCH_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() CACHEBENCH_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits with the named mutex held, as std::condition_variable does; spurious wake-ups happen.
class CondVar {
 public:
  void wait(Mutex& mutex) CACHEBENCH_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// Returns false when `timeout` passed first.
  template <typename Rep, typename Period>
  bool wait_for(Mutex& mutex, std::chrono::duration<Rep, Period> timeout) CACHEBENCH_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool signalled = condition_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return signalled;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace cachebench
