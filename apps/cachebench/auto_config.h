// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "machine_plan.h"

/// A run's config sized for this machine: the tiers, forms and threads of its plan, over a workload that
/// ships with the program. Throws what reading a topology, a profile and a geometry throw.
namespace cachebench::app {

struct AutoConfig {
  std::string text;     ///< JSON without comments
  std::string reasons;  ///< for people, a line each
};

[[nodiscard]] AutoConfig auto_config(const PlanRequest& request);

/// The workload `name` in the folder `workloads` beside the current folder or the program, or in one of the
/// folders above them; "" when there is none.
[[nodiscard]] std::string shipped_workload(const std::string& name);

}  // namespace cachebench::app
