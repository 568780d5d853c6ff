// SPDX-License-Identifier: Apache-2.0
#include "policy/prefetch.h"

#include "policy/resolve.h"

namespace cachebench::policy {

std::unique_ptr<PrefetchPolicy> make_prefetch(const NamedParameters& spec) {
  const auto resolved = resolve<PrefetchDescriptor>(spec, "prefetch policy");
  return resolved.descriptor.make(resolved.parameters);
}

}  // namespace cachebench::policy
