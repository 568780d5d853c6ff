// SPDX-License-Identifier: Apache-2.0
#include "core/prefetch.h"
#include "policy/bound/position_set.h"
#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Belady's MIN: evicts what is used again last; what is never used again goes first, the longest unused
/// before the others. Sizes are ignored. The optimum when all entries are alike. For any next uses, several
/// entries at the same one included: a heap. O(log n) an operation.
class BeladyByHeap final : public EvictionPolicy {
 public:
  BeladyByHeap(const EvictionContext& context, const Parameters&) { heap_.reserve(context.expected_entries); }

  void on_insert(EntryId id, const AccessInfo& access) override { heap_.push(id, rank_of(access)); }
  void on_hit(EntryId id, const AccessInfo& access) override { heap_.update(id, rank_of(access)); }
  void on_erase(EntryId id, EraseReason) override { heap_.erase(id); }
  EntryId victim(const PinSet& pins) override { return heap_.first_unpinned(pins); }

 private:
  struct Rank {
    std::uint64_t nearness = 0;  // of the next use, 0 for never
    std::uint64_t touched = 0;
    auto operator<=>(const Rank&) const = default;
  };
  Rank rank_of(const AccessInfo& access) { return {kNeverUsed - access.next_use, ++clock_}; }

  IndexedHeap<Rank> heap_;
  std::uint64_t clock_ = 0;
};

/// The same for a replay, where all accesses are known beforehand so that a next use names its entry: the
/// next uses of all residents are bits, the last one set is the victim's. Nearly O(1) an operation; a bit an
/// access and 4 bytes an id. Nothing is pinned, and nothing leaves but its victims.
class BeladyByPosition final : public EvictionPolicy {
 public:
  BeladyByPosition(const EvictionContext& context, const Parameters&)
      : future_ids_(context.future_ids), uses_(context.future_ids.size()) {
    dead_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    if (access.next_use == kNeverUsed) {
      dead_.push_back(id);
      return;
    }
    uses_.insert(access.next_use);
    if (access.next_use > last_ || !has_last_) {
      last_ = access.next_use;
      has_last_ = true;
      last_id_ = id;
    }
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    uses_.erase(access.sequence);
    if (access.sequence == last_) has_last_ = false;  // it was the only one alive
    on_insert(id, access);
  }

  EntryId victim(const PinSet&) override {
    if (first_dead_ < dead_.size()) return dead_[first_dead_];
    if (!has_last_) return kNoEntry;
    return last_id_ != kNoEntry ? last_id_ : EntryId{future_ids_[last_]};
  }

  void on_erase(EntryId, EraseReason) override {
    if (first_dead_ < dead_.size()) {
      ++first_dead_;
      return;
    }
    uses_.erase(last_);
    const std::optional<std::size_t> last = uses_.previous(last_);
    has_last_ = last.has_value();
    last_ = last.value_or(0);
    last_id_ = kNoEntry;
    // Far ahead in the future, hence far from the core: asked for an eviction before it is needed.
    if (has_last_) prefetch_line(&future_ids_[last_]);
  }

 private:
  std::span<const std::uint32_t> future_ids_;
  PositionSet uses_;
  std::size_t last_ = 0;  // of uses_, when has_last_
  bool has_last_ = false;
  EntryId last_id_ = kNoEntry;  // whose use it is, kNoEntry when that is still to be looked up
  std::vector<EntryId> dead_;   // never used again, in the order of their last uses
  std::size_t first_dead_ = 0;
};

EvictionDescriptor describe_belady(EvictionDescriptor facts) {
  facts = describe_eviction<BeladyByHeap>(std::move(facts));
  facts.replay = [](const OneTierInput& input, const EvictionContext& context, const Parameters& parameters) {
    if (context.future_ids.empty()) {
      BeladyByHeap policy(context, parameters);
      return replay_one_tier(input, policy);
    }
    BeladyByPosition policy(context, parameters);
    return replay_one_tier(input, policy);
  };
  return facts;
}

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_belady(
        {.name = "belady",
         .summary = "evicts what is used again last: the optimum for entries of one size",
         .source = "Belady: A study of replacement algorithms for a virtual-storage computer, 1966",
         .sees_future = true})});

}  // namespace
}  // namespace cachebench::policy
