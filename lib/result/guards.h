// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "result/run_result.h"
#include "result/sweep_result.h"

/// What makes a result say less than it seems to, beyond the cautions of cautions.h that stand in its notes:
/// policies that were never asked, tiers that served nothing, points of a sweep that hold everything. One
/// sentence each, with figures. Pure functions of the result; nothing throws. They are the `warnings` of the
/// document.
namespace cachebench::result {

[[nodiscard]] std::vector<std::string> guards(const RunResult& result);
[[nodiscard]] std::vector<std::string> guards(const SweepResult& sweep);

}  // namespace cachebench::result
