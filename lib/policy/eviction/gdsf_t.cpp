// SPDX-License-Identifier: Apache-2.0
#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/tail_rank.h"

namespace cachebench::policy {
namespace {

/// Greedy dual by frequency and *tier-marginal* cost: evicts the least L + f·Δ/S, Δ what losing this tier's
/// copy costs at the next use (a fetch from below where an entry lives on there, recomputation where it does
/// not), S its size, L the rank of the last one evicted, and f the uses so far, those before the last one
/// faded by the distance between the last two: 1 + (uses − 1)·T/(T + gap), T being `decay` times the entries
/// in the tier. L stands still while one request is served, so that its blocks rank alike and leave tail
/// first. O(1) a hit that raises a rank, O(log n) else; 56 bytes an id.
class GdsfT final : public EvictionPolicy {
 public:
  GdsfT(const EvictionContext& context, const Parameters& parameters)
      : decay_(parameters.get("decay")),
        chain_(parameters.get("chain") != 0),
        marginal_(parameters.get("marginal") != 0),
        ages_(parameters.get("aging") != 0) {
    heap_.reserve(context.expected_entries);
    history_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override { heap_.push(id, rank_of(id, access)); }
  void on_hit(EntryId id, const AccessInfo& access) override {
    const TailRank rank = rank_of(id, access);
    if (rank < heap_.key(id)) {
      heap_.update(id, rank);
    } else {
      heap_.raise(id, rank);
    }
  }
  void on_erase(EntryId id, EraseReason reason) override {
    if (reason == EraseReason::kEvicted && ages_) floor_ = std::max(floor_, heap_.key(id).value);
    heap_.erase(id);
  }
  EntryId victim(const PinSet& pins) override { return heap_.first_unpinned(pins); }
  void prefetch(EntryId id) const {
    heap_.prefetch(id);
    history_.prefetch(id);
  }

 private:
  TailRank rank_of(EntryId id, const AccessInfo& access) {
    if (runs_.touch(access) || !chain_) base_ = floor_;
    const UseHistory::Past& past = history_.note(id, access);
    auto frequency = static_cast<double>(past.uses);
    if (decay_ > 0 && past.uses > 1) {
      const double span = decay_ * static_cast<double>(heap_.size() + 1);
      frequency = 1 + (frequency - 1) * span / (span + static_cast<double>(past.gap));
    }
    const double density = per_byte(marginal_ ? access.loss : access.cost, access.bytes);
    return runs_.rank(base_ + frequency * density, chain_ ? access.depth : 0);
  }

  const double decay_;
  const bool chain_;
  const bool marginal_;
  const bool ages_;
  IndexedHeap<TailRank> heap_;
  UseHistory history_;
  RunClock runs_;
  double floor_ = 0;  // L
  double base_ = 0;   // L as of the beginning of the run
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<GdsfT>(
        {.name = "gdsf-t",
         .summary = "evicts the least decayed frequency times what losing this tier's copy costs, per byte",
         .source = "this project, after Cherkasova: Greedy-dual-size-frequency, 1998",
         .uses_profile = true,
         .parameters = {
             {"decay", 32, 0, 1e6,
              "half-life of earlier uses in entries of the tier, accesses each; 0: none"},
             {"chain", 1, 0, 1, "0: blocks of one request are not held to leave tail first"},
             {"marginal", 1, 0, 1, "0: a loss is the whole recomputation, whatever lives below"},
             {"aging", 1, 0, 1, "0: entries do not age"},
         }})});

}  // namespace
}  // namespace cachebench::policy
