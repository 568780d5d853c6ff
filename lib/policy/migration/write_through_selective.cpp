// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "policy/migration.h"

namespace cachebench::policy {
namespace {

/// A computed entry enters the first tier alone; at its k-th hit since then it is written to the others,
/// once. A hit below the first tier copies up, an evicted copy is dropped. 4 bytes an id, O(1).
class SelectiveWriteThrough final : public MigrationPolicy {
 public:
  SelectiveWriteThrough(const TierLayout& layout, const Parameters& p)
      : layout_(layout), wanted_(static_cast<std::uint32_t>(p.get("hits"))) {}

  LevelSet on_put(const MigrationQuery& query) override {
    hits(query.id) = 0;
    return {Level::kL1};
  }
  bool keeps_below(Level) const override { return true; }
  HitMove on_hit(const MigrationQuery& query, Level at) override {
    HitMove move{.target = uppermost_above(layout_, at, query.access.bytes), .keep_source = true, .also = {}};
    std::uint32_t& count = hits(query.id);
    if (count < wanted_ && ++count == wanted_) {
      for (std::size_t i = 1; i < layout_.count; ++i) move.also.add(level_at(i));
    }
    return move;
  }
  std::optional<Level> on_evict(const MigrationQuery&, Level) override { return std::nullopt; }

 private:
  std::uint32_t& hits(EntryId id) {
    if (index_of(id) >= hits_.size()) [[unlikely]]
      hits_.resize(std::max<std::size_t>(index_of(id) + std::size_t{1}, 2 * hits_.size()));
    return hits_[index_of(id)];
  }

  TierLayout layout_;
  std::uint32_t wanted_;
  std::vector<std::uint32_t> hits_;  // by id, since it was computed
};

CACHEBENCH_REGISTER(
    MigrationDescriptor,
    {.name = "write-through-selective",
     .summary = "enters the first tier; the others at its k-th hit; a hit copies up; eviction drops a copy",
     .source = "",
     .parameters = {{"hits", 2, 1, 1e9, "k: the hit that writes an entry to the lower tiers"}},
     .make = [](const TierLayout& layout, const Parameters& parameters) {
       return std::make_unique<SelectiveWriteThrough>(layout, parameters);
     }});

}  // namespace
}  // namespace cachebench::policy
