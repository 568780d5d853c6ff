// SPDX-License-Identifier: Apache-2.0
#include "policy/bound/farthest_weighted.h"

namespace cachebench::policy {
namespace {

/// Evicts the greatest size times time to the next use among a sample: what frees most space for longest.
struct SizeWeight {
  double operator()(const AccessInfo& access) const {
    return static_cast<double>(std::max<std::uint64_t>(access.bytes.value, 1));
  }
};

CACHEBENCH_REGISTER(EvictionDescriptor,
                    {describe_eviction<FarthestWeighted<SizeWeight>>(
                        {.name = "belady-size",
                         .summary = "evicts the greatest size times time to the next use among a sample",
                         .source = "Belady 1966, weighed by size as in libCacheSim (Yang, Yue, Rashmi 2020)",
                         .random = true,
                         .sees_future = true,
                         .parameters = {{"samples", 128, 1, 4096, "residents drawn for an eviction"}}})});

}  // namespace
}  // namespace cachebench::policy
