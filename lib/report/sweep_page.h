// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/sweep_result.h"

/// The HTML page of a sweep: what to take and how sure that is, ranking, Pareto front, miss-ratio curves,
/// heat map over two axes, regret, kinds of artefact, every point. A pure function of the sweep, with every
/// string of it escaped; thread-safe. Throws as result::to_json.
namespace cachebench::report {

[[nodiscard]] std::string sweep_page(const result::SweepResult& sweep);

}  // namespace cachebench::report
