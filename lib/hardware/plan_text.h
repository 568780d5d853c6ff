// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "hardware/hardware_plan.h"

/// A plan for people, and as a part of a document: every number with its reason. Pure functions.
namespace cachebench::hardware {

/// A line each: name, value, reason.
[[nodiscard]] std::string plan_text(const HardwarePlan& plan);
/// [ { name, value, unit, reason } ], `unit` null for words.
[[nodiscard]] nlohmann::ordered_json plan_json(const HardwarePlan& plan);

}  // namespace cachebench::hardware
