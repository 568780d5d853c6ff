// SPDX-License-Identifier: Apache-2.0
#include "policy/migration.h"

namespace cachebench::policy {
namespace {

/// Everything enters the first tier, hits move nothing and evicted copies are dropped. Stateless.
class NoMigration final : public MigrationPolicy {
 public:
  LevelSet on_put(const MigrationQuery&) override { return {Level::kL1}; }
  HitMove on_hit(const MigrationQuery&, Level) override { return {}; }
  std::optional<Level> on_evict(const MigrationQuery&, Level) override { return std::nullopt; }
};

CACHEBENCH_REGISTER(MigrationDescriptor,
                    {.name = "none",
                     .summary = "entries stay where they entered, evicted copies are dropped",
                     .source = "",
                     .parameters = {},
                     .make = [](const TierLayout&, const Parameters&) {
                       return std::make_unique<NoMigration>();
                     }});

}  // namespace
}  // namespace cachebench::policy
