// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/hardware_plan.h"

/// Sizes and speeds of a machine turned into the numbers of a cache: tier sizes with room left for the model
/// and the system, sizes and counts of transfers, threads and where they run, forms of entries, alignment.
/// Deterministic: the same input gives the same plan. It never fails: what is not known is taken from the
/// profile, and a machine without a part gets a plan without it. Immutable, hence thread-safe.
namespace cachebench::hardware {

class HardwareOptimizer {
 public:
  explicit HardwareOptimizer(OptimizerInput input) : input_(std::move(input)) {}

  [[nodiscard]] HardwarePlan plan() const;
  [[nodiscard]] const OptimizerInput& input() const { return input_; }

 private:
  OptimizerInput input_;
};

}  // namespace cachebench::hardware
