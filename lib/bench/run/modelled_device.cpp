// SPDX-License-Identifier: Apache-2.0
#include "bench/run/modelled_device.h"

#include <algorithm>

#include "core/clock.h"

namespace cachebench::bench {

ModelledDevice::ModelledDevice(const hardware::CostModel& costs)
    : costs_(costs), wait_(tier::PreciseWait::measure_timer_error()) {}

void ModelledDevice::spend(const Work& work) {
  Nanoseconds host{0};
  Nanoseconds device{0};
  for (const hardware::Stage& stage : costs_.recompute(work).span())
    (stage.resource == hardware::Resource::kGpu ? device : host) += stage.duration;
  Nanoseconds until = RealClock().now() + host;
  if (device.count() > 0) {
    const MutexLock lock(mutex_);
    until = std::max(until, free_at_) + device;
    free_at_ = until;
    busy_ += device;
  }
  wait_.until(until);
}

Nanoseconds ModelledDevice::busy() const {
  const MutexLock lock(mutex_);
  return busy_;
}

}  // namespace cachebench::bench
