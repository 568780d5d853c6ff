// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/prefetch.h"
#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Second chance: a queue in order of insertion; the oldest entry goes back to the front, one count poorer,
/// as long as it has been used, and is evicted otherwise. A hit adds one to a counter of a few bits, by
/// default one. O(1) amortised, 9 bytes an id.
class Clock final : public EvictionPolicy {
 public:
  Clock(const EvictionContext& context, const Parameters& parameters)
      : most_(static_cast<std::uint8_t>((1U << static_cast<unsigned>(parameters.get("counter_bits"))) - 1U)) {
    nodes_.reserve(context.expected_entries);
    counts_.resize(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo&) override {
    if (index_of(id) >= counts_.size()) [[unlikely]] {
      counts_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * counts_.size()));
    }
    nodes_.push_front(list_, id);
    counts_[index_of(id)] = 0;
  }
  void on_hit(EntryId id, const AccessInfo&) override {
    std::uint8_t& count = counts_[index_of(id)];
    count = static_cast<std::uint8_t>(count + (count < most_ ? 1 : 0));
  }
  void on_erase(EntryId id, EraseReason) override { nodes_.erase(list_, id); }

  EntryId victim(const PinSet& pins) override {
    // A round takes one count from each; entries given another chance are met again as long as it lasts.
    for (unsigned round = 0; round <= most_; ++round) {
      EntryId id = list_.back;
      while (id != kNoEntry) {
        const EntryId next = nodes_.previous(id);
        if (!pins.is_pinned(id)) {
          std::uint8_t& count = counts_[index_of(id)];
          if (count == 0) return id;
          --count;
          nodes_.move_to_front(list_, id);
        }
        id = next;
      }
    }
    return nodes_.last_unpinned(list_, pins);
  }
  void prefetch(EntryId id) const {
    nodes_.prefetch(id);
    if (index_of(id) < counts_.size()) prefetch_line(&counts_[index_of(id)]);
  }

 private:
  IndexNodes nodes_;
  IndexList list_;
  std::vector<std::uint8_t> counts_;
  std::uint8_t most_;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Clock>({.name = "clock",
                               .summary = "first in, first out, with another chance for entries used since",
                               .source = "Corbato: A paging experiment with the Multics system, 1968",
                               .parameters = {{"counter_bits", 1, 1, 4,
                                               "bits of the counter of uses; 1 is the classic CLOCK"}}})});

}  // namespace
}  // namespace cachebench::policy
