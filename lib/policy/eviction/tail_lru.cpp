// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/tail_rank.h"

namespace cachebench::policy {
namespace {

/// Tail-optimised least recently used: what a conversation could lose and still answer its next turn in time
/// goes first, the rest by recency. The blocks that a request left behind are gone through from the tail as
/// long as computing them again, one after the other, stays within `target_ms`: those are spare. Spare
/// blocks leave before all others, oldest request first, then the others likewise; within a request tail
/// first. Known when the next request begins; a request's blocks that arrive later, from the tier above, join
/// with what is left of its time. O(log n).
class TailLru final : public EvictionPolicy {
 public:
  TailLru(const EvictionContext& context, const Parameters& parameters)
      : target_(static_cast<std::int64_t>(parameters.get("target_ms") * 1e6)) {
    heap_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    note(id, access);
    heap_.push(id, runs_.rank(kNeeded, access.depth));
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    note(id, access);
    heap_.update(id, runs_.rank(kNeeded, access.depth));
  }
  void on_erase(EntryId id, EraseReason) override {
    heap_.erase(id);
    std::erase_if(run_, [id](const Block& block) { return block.id == id; });
  }
  EntryId victim(const PinSet& pins) override { return heap_.first_unpinned(pins); }

 private:
  static constexpr double kSpare = 0;
  static constexpr double kNeeded = 1;
  struct Block {
    EntryId id;
    std::uint32_t depth;
    std::int64_t cost;
  };

  void note(EntryId id, const AccessInfo& access) {
    if (runs_.touch(access)) {
      settle_run();
      run_.clear();
    }
    std::erase_if(run_, [id](const Block& block) { return block.id == id; });
    run_.push_back({.id = id, .depth = access.depth, .cost = access.cost.count()});
  }

  void settle_run() {
    std::stable_sort(run_.begin(), run_.end(),
                     [](const Block& a, const Block& b) { return a.depth > b.depth; });
    std::int64_t left = target_;
    for (const Block& block : run_) {
      left -= block.cost;
      if (left < 0) break;
      TailRank rank = heap_.key(block.id);
      rank.value = kSpare;
      heap_.update(block.id, rank);
    }
  }

  const std::int64_t target_;
  IndexedHeap<TailRank> heap_;
  RunClock runs_;
  std::vector<Block> run_;  // what the current request touched and is still here
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<TailLru>(
        {.name = "tail-lru",
         .summary =
             "evicts blocks that the next turn can spare within its time to first token, then by recency",
         .source = "Zhang et al.: Tail-optimized caching for LLM inference, arXiv 2510.15152, 2025",
         .uses_profile = true,
         .parameters = {
             {"target_ms", 2000, 0, 1e9, "time to first token to keep to, modelled milliseconds"}}})});

}  // namespace
}  // namespace cachebench::policy
