// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "bench/config/run_config.h"
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
/// Nothing where no tier compresses.
[[nodiscard]] std::optional<result::Compression> collect_compression(const CompressionInputs& inputs);

/// Nothing where requests bring no contents.
[[nodiscard]] std::optional<result::Hashing> collect_hashing(const RunConfig& config,
                                                             const WorkloadFacts& facts,
                                                             const hardware::Profile& profile);

}  // namespace cachebench::bench
