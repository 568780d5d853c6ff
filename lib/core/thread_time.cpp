// SPDX-License-Identifier: Apache-2.0
#include "core/thread_time.h"

#include <time.h>

#include <algorithm>

namespace cachebench {

Nanoseconds thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return Nanoseconds{std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec};
}

void OffProcessor::begin() {
  had_ = thread_time();
  begun_ = clock_.now();
}

Nanoseconds OffProcessor::since_begin() const {
  const Nanoseconds passed = clock_.now() - begun_;
  return std::max(passed - (thread_time() - had_), Nanoseconds{0});
}

}  // namespace cachebench
