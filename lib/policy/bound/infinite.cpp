// SPDX-License-Identifier: Apache-2.0
#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// An unlimited cache: nothing leaves, so only the first access to an entry misses. The floor under every
/// policy, whatever the capacity. Where one insists on a victim it is the oldest entry.
class Infinite final : public EvictionPolicy {
 public:
  Infinite(const EvictionContext& context, const Parameters&) { nodes_.reserve(context.expected_entries); }

  void on_insert(EntryId id, const AccessInfo&) override { nodes_.push_front(list_, id); }
  void on_hit(EntryId, const AccessInfo&) override {}
  void on_erase(EntryId id, EraseReason) override { nodes_.erase(list_, id); }
  EntryId victim(const PinSet& pins) override { return nodes_.last_unpinned(list_, pins); }

 private:
  IndexNodes nodes_;
  IndexList list_;
};

/// The counts follow from the columns alone; peak_bytes is that of objects at their first sizes.
OneTierCounts count_distinct(const AccessColumns& columns) {
  return {.accesses = columns.accesses(),
          .misses = columns.objects(),
          .bytes_requested = columns.bytes_requested().value,
          .bytes_missed = columns.bytes_distinct().value,
          .evictions = 0,
          .peak_entries = columns.objects(),
          .peak_bytes = columns.bytes_distinct().value};
}

EvictionDescriptor describe_infinite(EvictionDescriptor facts) {
  facts = describe_eviction<Infinite>(std::move(facts));
  facts.replay = [](const OneTierInput& input, const EvictionContext&, const Parameters&) {
    return count_distinct(input.columns);
  };
  return facts;
}

CACHEBENCH_REGISTER(EvictionDescriptor,
                    {describe_infinite({.name = "infinite",
                                        .summary = "never evicts: only first accesses miss, at any capacity",
                                        .source = "compulsory misses: Hill, Smith: Evaluating associativity "
                                                  "in CPU caches, 1989",
                                        .sees_future = true})});

}  // namespace
}  // namespace cachebench::policy
