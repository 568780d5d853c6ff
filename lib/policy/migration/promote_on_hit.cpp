// SPDX-License-Identifier: Apache-2.0
#include "policy/migration.h"

namespace cachebench::policy {
namespace {

/// A hit below the first tier copies the entry to the uppermost tier it fits in and leaves the lower copy; an
/// evicted copy is dropped. Up to as many copies as tiers. Stateless.
class PromoteOnHit final : public MigrationPolicy {
 public:
  explicit PromoteOnHit(const TierLayout& layout) : layout_(layout) {}

  LevelSet on_put(const MigrationQuery&) override { return {Level::kL1}; }
  bool keeps_below(Level) const override { return true; }
  HitMove on_hit(const MigrationQuery& query, Level at) override {
    return {.target = uppermost_above(layout_, at, query.access.bytes), .keep_source = true, .also = {}};
  }
  std::optional<Level> on_evict(const MigrationQuery&, Level) override { return std::nullopt; }

 private:
  TierLayout layout_;
};

CACHEBENCH_REGISTER(
    MigrationDescriptor,
    {.name = "promote-on-hit",
     .summary = "a hit copies to the first tier and keeps the lower copy; eviction drops a copy",
     .source = "",
     .parameters = {},
     .make = [](const TierLayout& layout, const Parameters&) {
       return std::make_unique<PromoteOnHit>(layout);
     }});

}  // namespace
}  // namespace cachebench::policy
