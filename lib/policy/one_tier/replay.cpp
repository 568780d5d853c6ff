// SPDX-License-Identifier: Apache-2.0
#include "policy/one_tier/replay.h"

#include "core/check.h"
#include "policy/resolve.h"

namespace cachebench::policy {

OneTierCounts replay_one_tier(const OneTierInput& input, const NamedParameters& spec, std::uint64_t seed) {
  const auto resolved = resolve<EvictionDescriptor>(spec, "eviction policy");
  const EvictionContext context{.capacity = input.capacity,
                                .seed = seed,
                                .expected_entries = input.columns.objects(),
                                .future_ids = input.columns.ids()};
  return resolved.descriptor.replay(input, context, resolved.parameters);
}

OneTierCounts replay_one_tier(AccessStream& stream, Bytes capacity, const NamedParameters& spec,
                              std::uint64_t seed) {
  const auto resolved = resolve<EvictionDescriptor>(spec, "eviction policy");
  CACHEBENCH_CHECK(!resolved.descriptor.sees_future, "{} over a stream", spec.name);
  return resolved.descriptor.replay_stream(stream, {.capacity = capacity, .seed = seed}, resolved.parameters);
}

}  // namespace cachebench::policy
