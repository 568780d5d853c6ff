// SPDX-License-Identifier: Apache-2.0
#include "policy/bound.h"

#include "core/check.h"
#include "policy/resolve.h"

namespace cachebench::policy {

bool is_bound(std::string_view name) {
  return BoundRegistry::instance().find(name) != nullptr;
}

OneTierBound evaluate_bound(const NamedParameters& spec, const OneTierInput& input, AccessCosts costs) {
  const auto resolved = resolve<BoundDescriptor>(spec, "bound");
  const std::size_t accesses = input.columns.accesses();
  CACHEBENCH_CHECK(input.next_uses.size() == accesses, "the future of {} of {} accesses is known",
                   input.next_uses.size(), accesses);
  CACHEBENCH_CHECK(costs.empty() || costs.size() == accesses, "{} costs for {} accesses", costs.size(),
                   accesses);
  return resolved.descriptor.evaluate(input, costs, resolved.parameters);
}

void check_bound(const NamedParameters& spec) {
  static_cast<void>(resolve<BoundDescriptor>(spec, "bound"));
}

}  // namespace cachebench::policy
