// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

#include "core/check.h"

/// While it lives, this process can start three threads at most: a thread's stack takes so much that there is
/// address space for no more. Not thread-safe. A sanitizer has taken more address space than any limit
/// allows; `possible()` says so.
namespace cachebench::testing {

class FewThreads {
 public:
  [[nodiscard]] static bool possible() { return taken() < (rlim_t{1} << 40); }

  FewThreads() {
    CACHEBENCH_CHECK(getrlimit(RLIMIT_AS, &before_) == 0);
    CACHEBENCH_CHECK(pthread_getattr_default_np(&threads_before_) == 0);
    pthread_attr_t large;
    CACHEBENCH_CHECK(pthread_attr_init(&large) == 0);
    CACHEBENCH_CHECK(pthread_attr_setstacksize(&large, kStack) == 0);
    CACHEBENCH_CHECK(pthread_setattr_default_np(&large) == 0);
    pthread_attr_destroy(&large);
    rlimit limit = before_;
    limit.rlim_cur = taken() + 3 * kStack + kStack / 2;
    CACHEBENCH_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  }
  FewThreads(const FewThreads&) = delete;
  FewThreads& operator=(const FewThreads&) = delete;
  ~FewThreads() {
    setrlimit(RLIMIT_AS, &before_);
    pthread_setattr_default_np(&threads_before_);
    pthread_attr_destroy(&threads_before_);
  }

 private:
  static constexpr std::size_t kStack = std::size_t{256} << 20;
  [[nodiscard]] static rlim_t taken() {
    std::ifstream file("/proc/self/statm");
    rlim_t pages = 0;
    file >> pages;
    return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
  }

  rlimit before_{};
  pthread_attr_t threads_before_{};
};

}  // namespace cachebench::testing
