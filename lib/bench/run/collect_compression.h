// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/config/run_config.h"
#include "bench/run/measurements.h"
#include "bench/run/workload.h"
#include "cache/counters.h"
#include "cache/transfers.h"
#include "hardware/profile.h"
#include "result/compression.h"

/// What compression and hashing came to, for a result. Pure functions.
namespace cachebench::bench {

struct CompressionInputs {
  const RunConfig& config;
  const std::vector<cache::TierOptions>& tiers;
  const cache::CacheCounters& counted;
  const cache::TransferStats& transfers;  ///< empty in a simulation
};
/// Nothing where no tier compresses, nor holds what an earlier process compressed.
[[nodiscard]] std::optional<result::Compression> collect_compression(const CompressionInputs& inputs);

/// What a kept store holds from an earlier run, a line for each form.
[[nodiscard]] std::vector<std::string> describe_kept(const cache::KeptForms& kept);

/// Nothing where requests bring no contents.
[[nodiscard]] std::optional<result::Hashing> collect_hashing(const RunConfig& config,
                                                             const WorkloadFacts& facts,
                                                             const hardware::Profile& profile,
                                                             const Measurements& measured = {});

}  // namespace cachebench::bench
