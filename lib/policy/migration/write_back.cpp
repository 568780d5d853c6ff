// SPDX-License-Identifier: Apache-2.0
#include "policy/migration.h"

namespace cachebench::policy {
namespace {

/// A computed entry enters the first tier; a hit below copies it up and leaves the lower copy; an evicted
/// copy is written to the next lower tier it fits in, unless a lower one lives already. Stateless.
class WriteBack final : public MigrationPolicy {
 public:
  explicit WriteBack(const TierLayout& layout) : layout_(layout) {}

  LevelSet on_put(const MigrationQuery&) override { return {Level::kL1}; }
  bool keeps_below(Level) const override { return true; }
  HitMove on_hit(const MigrationQuery& query, Level at) override {
    return {.target = uppermost_above(layout_, at, query.access.bytes), .keep_source = true, .also = {}};
  }
  std::optional<Level> on_evict(const MigrationQuery& query, Level from) override {
    for (std::size_t i = index_of(from) + 1; i < layout_.count; ++i) {
      if (query.copies.has(level_at(i))) return std::nullopt;
    }
    return next_lower(layout_, from, query.access.bytes);
  }
  std::optional<Level> demotes_to(Level from, Bytes bytes) const override {
    return next_lower(layout_, from, bytes);
  }

 private:
  TierLayout layout_;
};

CACHEBENCH_REGISTER(
    MigrationDescriptor,
    {.name = "write-back",
     .summary = "enters the first tier; a hit copies up; eviction writes down what is nowhere lower",
     .source = "",
     .parameters = {},
     .make = [](const TierLayout& layout, const Parameters&) {
       return std::make_unique<WriteBack>(layout);
     }});

}  // namespace
}  // namespace cachebench::policy
