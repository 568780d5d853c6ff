// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/sync.h"
#include "core/units.h"
#include "hardware/profile.h"

/// The time line of one direction of a link: when a copy may be complete, in absolute times. However many
/// engines copy, their bytes follow one another on the link, so the rate is the link's in all. The latency of
/// a copy overlaps the bytes of the next, as it does on hardware whose queue is full. Arithmetic only; knows
/// no clock. Thread-safe.
namespace cachebench::tier {

class LinkSchedule {
 public:
  /// REQUIRES: a positive rate, and a latency that is not negative.
  explicit LinkSchedule(const hardware::Channel& channel);

  struct Slot {
    Nanoseconds start;     ///< first byte on the link
    Nanoseconds complete;  ///< last byte off it, and the latency
  };
  /// Takes the link for `bytes`, from `ready` on or when the copies before are through.
  Slot reserve(Nanoseconds ready, Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);

 private:
  const double bytes_per_second_;
  const Nanoseconds latency_;
  Mutex mutex_;
  // In fractions of a nanosecond: rounding each copy would change the rate of small ones.
  Nanoseconds free_at_ CACHEBENCH_GUARDED_BY(mutex_){0};
  double fraction_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace cachebench::tier
