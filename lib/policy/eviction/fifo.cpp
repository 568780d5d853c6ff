// SPDX-License-Identifier: Apache-2.0
#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// First in, first out: hits change nothing. A list rather than a ring, since entries may leave from its
/// middle. O(1) an operation, 8 bytes an id.
class Fifo final : public EvictionPolicy {
 public:
  Fifo(const EvictionContext& context, const Parameters&) { nodes_.reserve(context.expected_entries); }

  void on_insert(EntryId id, const AccessInfo&) override { nodes_.push_front(list_, id); }
  void on_hit(EntryId, const AccessInfo&) override {}
  void on_erase(EntryId id, EraseReason) override { nodes_.erase(list_, id); }

  EntryId victim(const PinSet& pins) override { return nodes_.last_unpinned(list_, pins); }
  void prefetch(EntryId id) const { nodes_.prefetch(id); }

 private:
  IndexNodes nodes_;
  IndexList list_;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Fifo>(
        {.name = "fifo",
         .summary = "evicts the entry that came first",
         .source = "Belady: A study of replacement algorithms for a virtual-storage computer, 1966"})});

}  // namespace
}  // namespace cachebench::policy
