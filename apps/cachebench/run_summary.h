// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "result/run_result.h"

namespace cachebench::app {

/// One screen for a person: what ran, what it found, tier by tier, and where the files are.
[[nodiscard]] std::string summarise_run(const result::RunResult& result,
                                        const std::vector<std::string>& files);

}  // namespace cachebench::app
