// SPDX-License-Identifier: Apache-2.0
#include "policy/prefetch.h"

namespace cachebench::policy {
namespace {

/// Fetches nothing ahead.
class NoPrefetch final : public PrefetchPolicy {
 public:
  void on_access(EntryId, const AccessInfo&) override {}
  void propose(const RequestInfo&, std::vector<EntryId>&) override {}
};

CACHEBENCH_REGISTER(PrefetchDescriptor,
                    {.name = "none",
                     .summary = "fetches nothing ahead",
                     .source = "",
                     .parameters = {},
                     .make = [](const Parameters&) { return std::make_unique<NoPrefetch>(); }});

}  // namespace
}  // namespace cachebench::policy
