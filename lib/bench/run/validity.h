// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/run/measurements.h"
#include "bench/run/workload.h"

namespace cachebench::bench {

/// Rules that a run's figures must satisfy to be worth reading; one line for each that broke: the warm-up was
/// not over, nothing or too little was measured, requests failed, or an open loop could not keep its schedule
/// (p99 lag above 10% of the median inter-arrival time or above 1 ms, offered rate missed by 1%).
[[nodiscard]] std::vector<std::string> broken_rules(const RunConfig& config, const WorkloadFacts& facts,
                                                    const ReplayOutcome& outcome);

}  // namespace cachebench::bench
