// SPDX-License-Identifier: Apache-2.0
#include "tier/device/link_schedule.h"

#include <cmath>

#include "core/check.h"

namespace cachebench::tier {

LinkSchedule::LinkSchedule(const hardware::Channel& channel)
    : bytes_per_second_(channel.bytes_per_second), latency_(channel.latency) {
  CACHEBENCH_CHECK(std::isfinite(bytes_per_second_) && bytes_per_second_ > 0, "a link of {} bytes a second",
                   bytes_per_second_);
  CACHEBENCH_CHECK(latency_.count() >= 0, "a latency of {} ns", latency_.count());
}

LinkSchedule::Slot LinkSchedule::reserve(Nanoseconds ready, Bytes bytes) {
  const double needed = static_cast<double>(bytes.value) * 1e9 / bytes_per_second_;
  const MutexLock lock(mutex_);
  if (ready > free_at_) {
    free_at_ = ready;
    fraction_ = 0;
  }
  const Nanoseconds start = free_at_;
  const double whole = std::floor(needed + fraction_);
  fraction_ += needed - whole;
  free_at_ += Nanoseconds{static_cast<std::int64_t>(whole)};
  return {.start = start, .complete = free_at_ + latency_};
}

}  // namespace cachebench::tier
