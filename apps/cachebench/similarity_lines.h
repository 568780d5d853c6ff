// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/run_result.h"

/// What a run's summary says of similar hits: how many, how many were wrong, and how far off what they served
/// was. A pure function; "" where there were none.
namespace cachebench::app {

[[nodiscard]] std::string similarity_lines(const result::RunResult& result);

}  // namespace cachebench::app
