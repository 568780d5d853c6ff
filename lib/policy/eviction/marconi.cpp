// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/tail_rank.h"

namespace cachebench::policy {
namespace {

/// Recency plus α times efficiency, both normalised: evicts the least. Recency runs from 0, the oldest entry,
/// to 1, now; efficiency is the computing an entry saves per byte over the most seen so far. In units of
/// accesses that is last use + α·span·efficiency, span the age of the oldest; it is taken as of the touch, so
/// that an entry's rank stands still between its touches (the source computes all of them at each eviction
/// and tunes α on recorded requests; here it is a parameter). Blocks of one request leave tail first, as
/// leaves of the source's tree do. O(log n).
class Marconi final : public EvictionPolicy {
 public:
  Marconi(const EvictionContext& context, const Parameters& parameters) : alpha_(parameters.get("alpha")) {
    heap_.reserve(context.expected_entries);
    history_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override { heap_.push(id, rank_of(id, access)); }
  void on_hit(EntryId id, const AccessInfo& access) override { heap_.update(id, rank_of(id, access)); }
  void on_erase(EntryId id, EraseReason reason) override {
    if (reason == EraseReason::kEvicted) oldest_ = std::max(oldest_, history_[id].last_use);
    heap_.erase(id);
  }
  EntryId victim(const PinSet& pins) override { return heap_.first_unpinned(pins); }

 private:
  TailRank rank_of(EntryId id, const AccessInfo& access) {
    const std::uint64_t last_use = history_.note(id, access).last_use;
    if (runs_.touch(access)) {
      base_ = last_use;
      span_ = last_use - std::min(oldest_, last_use);
    }
    const double density = per_byte(access.cost, access.bytes);
    best_ = std::max(best_, density);
    const auto recency = static_cast<double>(std::min(base_, last_use));
    return runs_.rank(recency + alpha_ * static_cast<double>(span_) * (density / best_), access.depth);
  }

  const double alpha_;
  IndexedHeap<TailRank> heap_;
  UseHistory history_;
  RunClock runs_;
  std::uint64_t base_ = 0;    // last use of the first entry of the run
  std::uint64_t span_ = 0;    // age of the oldest then
  std::uint64_t oldest_ = 0;  // last use of the youngest entry evicted so far
  double best_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Marconi>(
        {.name = "marconi",
         .summary = "evicts the least recency plus alpha times computing saved per byte, both normalised",
         .source = "Pan et al.: Marconi, prefix caching for the era of hybrid LLMs, MLSys 2025",
         .uses_profile = true,
         .parameters = {{"alpha", 1, 0, 1e6, "weight of efficiency beside recency; 0: recency alone"}}})});

}  // namespace
}  // namespace cachebench::policy
