// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/run_result.h"

/// The parts of a run's page that judge its policies: how far from what no policy can pass, what became of
/// prefetched bytes, what policies say about themselves. Pure functions of the result that yield well-formed
/// HTML with every string escaped; "" where the run has none of it. Thread-safe; nothing throws.
namespace cachebench::report {

[[nodiscard]] std::string bounds_section(const result::RunResult& result);
[[nodiscard]] std::string prefetch_section(const result::RunResult& result);
[[nodiscard]] std::string facts_section(const result::RunResult& result);

}  // namespace cachebench::report
