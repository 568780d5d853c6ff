// SPDX-License-Identifier: Apache-2.0
#include "policy/migration.h"

namespace cachebench::policy {
namespace {

/// Inclusive: a computed entry enters every tier at once, a hit below the first copies it to the uppermost it
/// fits in, an evicted copy is dropped. Up to as many copies as tiers. Stateless.
class WriteThrough final : public MigrationPolicy {
 public:
  explicit WriteThrough(const TierLayout& layout) : layout_(layout) {}

  LevelSet on_put(const MigrationQuery&) override {
    LevelSet all;
    for (std::size_t i = 0; i < layout_.count; ++i) all.add(level_at(i));
    return all;
  }
  bool keeps_below(Level) const override { return true; }
  HitMove on_hit(const MigrationQuery& query, Level at) override {
    return {.target = uppermost_above(layout_, at, query.access.bytes), .keep_source = true, .also = {}};
  }
  std::optional<Level> on_evict(const MigrationQuery&, Level) override { return std::nullopt; }

 private:
  TierLayout layout_;
};

CACHEBENCH_REGISTER(MigrationDescriptor,
                    {.name = "write-through",
                     .summary = "a computed entry enters every tier; a hit copies up; eviction drops a copy",
                     .source = "",
                     .parameters = {},
                     .make = [](const TierLayout& layout, const Parameters&) {
                       return std::make_unique<WriteThrough>(layout);
                     }});

}  // namespace
}  // namespace cachebench::policy
