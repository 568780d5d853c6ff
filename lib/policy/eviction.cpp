// SPDX-License-Identifier: Apache-2.0
#include "policy/eviction.h"

#include "policy/resolve.h"

namespace cachebench::policy {

std::unique_ptr<EvictionPolicy> make_eviction(const NamedParameters& spec, const EvictionContext& context) {
  const auto resolved = resolve<EvictionDescriptor>(spec, "eviction policy");
  return resolved.descriptor.make(context, resolved.parameters);
}

}  // namespace cachebench::policy
