// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/prefetch.h"
#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// A queue in order of insertion and a hand that walks it from the oldest to the newest and round again: it
/// spares an entry used since its last visit, once, and evicts the first that was not. Unlike in CLOCK,
/// spared entries stay where they are, so new ones are tried soon. A hit sets one byte. O(1) amortised, 9
/// bytes an id.
class Sieve final : public EvictionPolicy {
 public:
  Sieve(const EvictionContext& context, const Parameters&) {
    nodes_.reserve(context.expected_entries);
    used_.resize(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo&) override {
    if (index_of(id) >= used_.size()) [[unlikely]] {
      used_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * used_.size()));
    }
    nodes_.push_front(list_, id);
    used_[index_of(id)] = 0;
  }
  void on_hit(EntryId id, const AccessInfo&) override { used_[index_of(id)] = 1; }
  void on_erase(EntryId id, EraseReason) override {
    if (id == hand_) hand_ = nodes_.previous(id);
    nodes_.erase(list_, id);
  }

  EntryId victim(const PinSet& pins) override {
    const EntryId start = hand_;
    // Twice round is enough: the first round clears what the second finds.
    for (int rounds = 0; rounds < 3;) {
      if (hand_ == kNoEntry) {
        hand_ = list_.back;
        ++rounds;
        if (hand_ == kNoEntry) return kNoEntry;
      }
      if (!pins.is_pinned(hand_)) {
        if (used_[index_of(hand_)] == 0) return hand_;
        used_[index_of(hand_)] = 0;
      }
      hand_ = nodes_.previous(hand_);
    }
    hand_ = start;  // all are pinned
    return kNoEntry;
  }
  void prefetch(EntryId id) const {
    nodes_.prefetch(id);
    if (index_of(id) < used_.size()) prefetch_line(&used_[index_of(id)]);
  }

 private:
  IndexNodes nodes_;
  IndexList list_;
  std::vector<std::uint8_t> used_;
  EntryId hand_ = kNoEntry;  // the next to be looked at; none = the oldest
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Sieve>(
        {.name = "sieve",
         .summary = "a hand walks from old to new and evicts the first entry not used since its last visit",
         .source = "Zhang, Yang, Yue, Vigfusson, Rashmi: SIEVE is simpler than LRU, NSDI 2024"})});

}  // namespace
}  // namespace cachebench::policy
