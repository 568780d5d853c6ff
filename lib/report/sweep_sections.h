// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/sweep_result.h"

/// The parts of a sweep's page. Each is a pure function of the sweep that yields well-formed HTML with every
/// string escaped and every figure at its path of the document; "" where it has nothing to show. Thread-safe;
/// nothing throws.
namespace cachebench::report {

[[nodiscard]] std::string ranking_section(const result::SweepResult& sweep);
[[nodiscard]] std::string pareto_section(const result::SweepResult& sweep);
[[nodiscard]] std::string curves_section(const result::SweepResult& sweep);
[[nodiscard]] std::string heat_section(const result::SweepResult& sweep);
[[nodiscard]] std::string regret_section(const result::SweepResult& sweep);
[[nodiscard]] std::string candidate_kinds_section(const result::SweepResult& sweep);
[[nodiscard]] std::string points_section(const result::SweepResult& sweep);

/// The score of a candidate, as a figure at `path`: a miss ratio, or saved time.
[[nodiscard]] std::string score_figure(const result::SweepResult& sweep, const std::string& path,
                                       double score);

}  // namespace cachebench::report
