// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>

#include "core/units.h"
#include "hardware/cost.h"

namespace cachebench::bench {

/// The modelled machine of a simulation: when each resource is free again. One thread.
class VirtualMachine {
 public:
  [[nodiscard]] Nanoseconds now() const { return now_; }
  void advance_to(Nanoseconds now) { now_ = now; }
  /// Queues one stage that is ready at `ready`; returns when it ends.
  Nanoseconds serve(const hardware::Stage& stage, Nanoseconds ready) {
    Nanoseconds& free = free_at_[static_cast<std::size_t>(stage.resource)];
    free = std::max(free, ready) + stage.duration;
    return free;
  }
  /// Work off the critical path: occupies its resources one after the other from now on.
  void occupy(const hardware::Stages& stages) {
    Nanoseconds ready = now_;
    for (const hardware::Stage& stage : stages.span()) ready = serve(stage, ready);
  }

 private:
  Nanoseconds now_{0};
  std::array<Nanoseconds, hardware::kResources> free_at_{};
};

}  // namespace cachebench::bench
