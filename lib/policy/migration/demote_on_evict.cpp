// SPDX-License-Identifier: Apache-2.0
#include "policy/migration.h"

namespace cachebench::policy {
namespace {

/// Exclusive: one copy. A hit moves it to the uppermost tier it fits in, an eviction to the next lower tier
/// it fits in; from the last tier it is dropped. Stateless.
class DemoteOnEvict final : public MigrationPolicy {
 public:
  explicit DemoteOnEvict(const TierLayout& layout) : layout_(layout) {}

  LevelSet on_put(const MigrationQuery&) override { return {Level::kL1}; }
  HitMove on_hit(const MigrationQuery& query, Level at) override {
    return {.target = uppermost_above(layout_, at, query.access.bytes), .keep_source = false, .also = {}};
  }
  std::optional<Level> on_evict(const MigrationQuery& query, Level from) override {
    return next_lower(layout_, from, query.access.bytes);
  }
  std::optional<Level> demotes_to(Level from, Bytes bytes) const override {
    return next_lower(layout_, from, bytes);
  }

 private:
  TierLayout layout_;
};

CACHEBENCH_REGISTER(MigrationDescriptor,
                    {.name = "demote-on-evict",
                     .summary = "one copy: a hit moves it to the first tier, an eviction one tier down",
                     .source = "Wong, Wilkes: My cache or yours? Making storage more exclusive, 2002",
                     .parameters = {},
                     .make = [](const TierLayout& layout, const Parameters&) {
                       return std::make_unique<DemoteOnEvict>(layout);
                     }});

}  // namespace
}  // namespace cachebench::policy
