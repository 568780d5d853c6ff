// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/hardware_plan.h"

/// The part of a plan that follows from the processor: how many threads of each sort, and where they run. A
/// pure function that fills its part of the plan and adds a reason for every number.
namespace cachebench::hardware {

void plan_threads(const OptimizerInput& input, HardwarePlan& plan);

}  // namespace cachebench::hardware
