// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/sync.h"
#include "core/units.h"
#include "core/work.h"
#include "hardware/cost.h"
#include "tier/device/precise_wait.h"

/// Spends the time that a profile's machine would take for the work that a runner left out: the host's share
/// in the calling thread, the device's one after the other, as a device that does one thing at a time. Waits
/// by absolute deadlines, so what the host does meanwhile counts as done on it. Thread-safe.
namespace cachebench::bench {

class ModelledDevice {
 public:
  explicit ModelledDevice(const hardware::CostModel& costs);
  void spend(const Work& work) CACHEBENCH_EXCLUDES(mutex_);
  /// Time that the device was taken.
  [[nodiscard]] Nanoseconds busy() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  const hardware::CostModel& costs_;
  const tier::PreciseWait wait_;
  mutable Mutex mutex_;
  Nanoseconds free_at_ CACHEBENCH_GUARDED_BY(mutex_){0};
  Nanoseconds busy_ CACHEBENCH_GUARDED_BY(mutex_){0};
};

}  // namespace cachebench::bench
