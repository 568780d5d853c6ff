// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "policy/eviction.h"
#include "policy/one_tier/replay.h"

/// From a policy's class to what the registry holds of it: how it is made, and the one-tier loop compiled for
/// it. The class is final and constructed from (const EvictionContext&, const Parameters&). To register:
///   CACHEBENCH_REGISTER(EvictionDescriptor, {describe_eviction<Lru>({.name = "lru", …})});
namespace cachebench::policy {

template <typename Policy>
[[nodiscard]] EvictionDescriptor describe_eviction(EvictionDescriptor facts) {
  facts.make = [](const EvictionContext& context,
                  const Parameters& parameters) -> std::unique_ptr<EvictionPolicy> {
    return std::make_unique<Policy>(context, parameters);
  };
  facts.replay = [](const OneTierInput& input, const EvictionContext& context, const Parameters& parameters) {
    Policy policy(context, parameters);
    return replay_one_tier(input, policy);
  };
  facts.replay_stream = [](AccessStream& stream, const EvictionContext& context,
                           const Parameters& parameters) {
    Policy policy(context, parameters);
    return replay_one_tier(stream, context.capacity, policy);
  };
  return facts;
}

}  // namespace cachebench::policy
