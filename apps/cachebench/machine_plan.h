// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "hardware/hardware_plan.h"
#include "hardware/topology.h"

/// A machine's plan as sub-commands want it: the model's figures by the name of a geometry, the profile by
/// name or, without one, the nearest. Values and pure functions of files. Throws Error{kUsage} for a name
/// that is not known, and what reading a trace throws.
namespace cachebench::app {

struct PlanRequest {
  std::string profile;       ///< "": the nearest
  std::string model = "2b";  ///< geometry
  std::string trace{};       ///< a workload's file; "": sizes follow from the machine alone
  bool operator==(const PlanRequest&) const = default;
};

struct MachinePlan {
  std::string profile;
  std::string profile_reason;
  hardware::HardwarePlan plan;
};

[[nodiscard]] MachinePlan plan_machine(const hardware::Topology& topology, const PlanRequest& request);

}  // namespace cachebench::app
