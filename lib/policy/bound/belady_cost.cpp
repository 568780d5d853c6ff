// SPDX-License-Identifier: Apache-2.0
#include "policy/bound/farthest_weighted.h"

namespace cachebench::policy {
namespace {

/// Evicts the greatest size times time to the next use over what losing the entry costs, among a sample: what
/// frees most space for longest and is cheapest to bring back.
struct SizeOverLossWeight {
  double operator()(const AccessInfo& access) const {
    return static_cast<double>(std::max<std::uint64_t>(access.bytes.value, 1)) /
           static_cast<double>(std::max<std::int64_t>(access.loss.count(), 1));
  }
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<FarthestWeighted<SizeOverLossWeight>>(
        {.name = "belady-cost",
         .summary = "evicts the greatest size times time to the next use over cost among a sample",
         .source = "Belady 1966, weighed by size and cost as greedy dual does (Young 1994)",
         .random = true,
         .uses_profile = true,
         .sees_future = true,
         .parameters = {{"samples", 128, 1, 4096, "residents drawn for an eviction"}}})});

}  // namespace
}  // namespace cachebench::policy
