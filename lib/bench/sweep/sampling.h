// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/units.h"
#include "policy/accesses/access_columns.h"
#include "policy/accesses/one_tier.h"

/// Spatially hashed sampling (SHARDS: Waldspurger and others 2015; miniature simulation: 2017): every access
/// to a share of the objects, chosen by the hash of their number, replayed through a cache of that share of
/// the capacity. Misses are scaled up by the rate, which is SHARDS' correction of the count: the sample is
/// taken to have had the expected number of accesses, the difference being hits of the most popular objects.
/// The error comes from disjoint slices of the sample, replayed by themselves. Pure functions, thread-safe.
/// Errors: Error{kUsage} for a rate that is none, or that leaves nothing.
namespace cachebench::bench {

/// Disjoint parts of the sample that give the standard error.
inline constexpr std::size_t kSampleSlices = 8;

struct AccessSample {
  double rate = 1;
  policy::AccessColumns all;
  std::vector<policy::AccessColumns> slices;  ///< each of rate / kSampleSlices
};

[[nodiscard]] AccessSample draw_sample(const policy::AccessColumns& columns, double rate);

/// A capacity for a share of the objects: rounded down, at least 1 where it was.
[[nodiscard]] Bytes scaled_capacity(Bytes capacity, double rate);

struct SampledCounts {
  policy::OneTierCounts counts;  ///< estimates for the whole trace
  double miss_ratio_error = 0;   ///< standard error
};
/// From what the sample and its slices counted. `columns` is the whole trace.
[[nodiscard]] SampledCounts scale_up(const policy::AccessColumns& columns, double rate,
                                     const policy::OneTierCounts& sampled,
                                     std::span<const policy::OneTierCounts> slices);

}  // namespace cachebench::bench
