// SPDX-License-Identifier: Apache-2.0
#include "bench/run/validity.h"

#include <fmt/format.h>

#include <algorithm>

namespace cachebench::bench {
namespace {

constexpr Nanoseconds kLagLimit{1'000'000};
constexpr std::uint64_t kFewRequests = 30;  // below, a median means little in open loop

void check_schedule(const RunConfig& config, const WorkloadFacts& facts, const ReplayOutcome& outcome,
                    std::vector<std::string>& broken) {
  const Histogram& lag = outcome.measured.lag;
  if (lag.count() < kFewRequests) {
    broken.push_back(
        fmt::format("only {} requests were measured in open loop, {} are needed", lag.count(), kFewRequests));
    return;
  }
  const Nanoseconds p99{lag.quantile(0.99)};
  const double spacing = static_cast<double>(facts.median_gap.count()) / config.load.speedup;
  if (p99 > kLagLimit || static_cast<double>(p99.count()) > 0.1 * spacing) {
    broken.push_back(
        fmt::format("the schedule was not kept: p99 lag {}, median inter-arrival time {}; lower load.speedup",
                    format_duration(p99), format_duration(Nanoseconds{static_cast<std::int64_t>(spacing)})));
  }
}

}  // namespace

std::vector<std::string> broken_rules(const RunConfig& config, const WorkloadFacts& facts,
                                      const ReplayOutcome& outcome) {
  std::vector<std::string> broken;
  if (!outcome.warmup_finished)
    broken.emplace_back("the warm-up was not over when the trace ended; shorten load.warmup");
  if (outcome.warmup_finished && outcome.measured.requests == 0)
    broken.emplace_back("no request was measured");
  if (outcome.failed > 0)
    broken.push_back(fmt::format("{} of {} requests failed; pipeline.failures says why", outcome.failed,
                                 outcome.measured.requests));
  if (config.mode == RunMode::kReal && config.load.kind == LoadKind::kOpen && outcome.warmup_finished) {
    check_schedule(config, facts, outcome, broken);
  }
  return broken;
}

}  // namespace cachebench::bench
