// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/tail_rank.h"

namespace cachebench::policy {
namespace {

/// The score manager of a serving engine's encoder cache: evicts the least (frequency + clock)·c, where
/// frequency counts the uses since insertion, the clock is set to 15 at a hit and loses one every 64
/// requests, and c is the time to compute the entry again per byte (the source estimates it per embedding
/// slot, from a fixed rate; here it is the profile's). It takes the whole recomputation for a loss, as its
/// source does. Ties evict the least recently touched. O(log n), and at each tick the entries whose clock
/// runs.
class Chime final : public EvictionPolicy {
 public:
  Chime(const EvictionContext& context, const Parameters& parameters)
      : start_(static_cast<std::uint32_t>(parameters.get("clock"))),
        period_(static_cast<std::uint64_t>(parameters.get("period"))) {
    heap_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    tick(access);
    if (index_of(id) >= scores_.size()) {
      scores_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * scores_.size()));
    }
    Score& score = scores_[index_of(id)];
    score = {.density = per_byte(access.cost, access.bytes), .touched = ++touches_, .frequency = 1};
    heap_.push(id, rank_of(score));
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    tick(access);
    Score& score = scores_[index_of(id)];
    score.density = per_byte(access.cost, access.bytes);
    score.touched = ++touches_;
    ++score.frequency;
    if (score.clock == 0 && start_ != 0) running_.push_back(id);
    score.clock = start_;
    heap_.update(id, rank_of(score));
  }
  void on_erase(EntryId id, EraseReason) override {
    heap_.erase(id);
    if (scores_[index_of(id)].clock != 0) std::erase(running_, id);
    scores_[index_of(id)].clock = 0;
  }
  EntryId victim(const PinSet& pins) override { return heap_.first_unpinned(pins); }

 private:
  struct Score {
    double density = 0;
    std::uint64_t touched = 0;
    std::uint32_t frequency = 0;
    std::uint32_t clock = 0;
  };

  static TailRank rank_of(const Score& score) {
    const double weight = static_cast<double>(score.frequency) + static_cast<double>(score.clock);
    return {.value = weight * score.density, .run = score.touched, .order = 0};
  }

  // One request more, or one access more where there are no requests; moves into the tier are none.
  void tick(const AccessInfo& access) {
    if (access.uses != 0 && access.last_use != access.sequence) return;
    if (access.request == last_request_ && access.request != RequestInfo{}) return;
    last_request_ = access.request;
    if (++requests_ % period_ != 0) return;
    std::size_t kept = 0;
    for (const EntryId id : running_) {
      Score& score = scores_[index_of(id)];
      if (--score.clock != 0) running_[kept++] = id;
      heap_.update(id, rank_of(score));
    }
    running_.resize(kept);
  }

  const std::uint32_t start_;
  const std::uint64_t period_;
  IndexedHeap<TailRank> heap_;
  std::vector<Score> scores_;     // by id
  std::vector<EntryId> running_;  // entries whose clock is not 0
  RequestInfo last_request_{};
  std::uint64_t requests_ = 0;
  std::uint64_t touches_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Chime>(
        {.name = "chime",
         .summary = "evicts the least frequency plus recency clock, times recomputation per byte",
         .source = "vllm-ascend, score manager of the encoder cache: RFC 11685 and pull request 7500, 2026",
         .uses_profile = true,
         .parameters = {{"clock", 15, 0, 1e6, "what a hit sets the clock to"},
                        {"period", 64, 1, 1e9, "requests in which the clock loses one"}}})});

}  // namespace
}  // namespace cachebench::policy
