// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/hardware_plan.h"

/// The parts of a plan that follow from links and drives: sizes and counts of transfers, forms that entries
/// take in a tier, and how tensors lie in memory. Pure functions that fill their part of the plan and add a
/// reason for every number. `plan_forms` comes after the tiers have sizes.
namespace cachebench::hardware {

void plan_transfers(const OptimizerInput& input, HardwarePlan& plan);
void plan_forms(const OptimizerInput& input, HardwarePlan& plan);
void plan_layout(const OptimizerInput& input, HardwarePlan& plan);

}  // namespace cachebench::hardware
