// SPDX-License-Identifier: Apache-2.0
#include "hardware/hardware_optimizer.h"

#include "hardware/plan_sizes.h"
#include "hardware/plan_threads.h"
#include "hardware/plan_transfers.h"

namespace cachebench::hardware {

HardwarePlan HardwareOptimizer::plan() const {
  HardwarePlan plan;
  plan_transfers(input_, plan);  // sizes need to know the memory that transfers take
  plan_sizes(input_, plan);
  plan_forms(input_, plan);
  plan_threads(input_, plan);
  plan_layout(input_, plan);
  return plan;
}

}  // namespace cachebench::hardware
