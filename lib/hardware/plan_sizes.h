// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/hardware_plan.h"

/// The part of a plan that follows from memory and disk: where the model's weights lie, and what is left for
/// each tier after reserves. A pure function that fills its part of the plan and adds a reason for every
/// number. It comes after the transfers, whose staging memory it sets aside.
namespace cachebench::hardware {

void plan_sizes(const OptimizerInput& input, HardwarePlan& plan);

}  // namespace cachebench::hardware
