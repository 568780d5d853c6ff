// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "result/run_result.h"

namespace cachebench::app {

/// How finely model and measurement are compared.
enum class SummaryDetail { kTiers, kKinds };

/// One screen for a person: what ran, what it found, tier by tier, how far the model was from the clock, and
/// where the files are.
[[nodiscard]] std::string summarise_run(const result::RunResult& result,
                                        const std::vector<std::string>& files, SummaryDetail detail);

}  // namespace cachebench::app
