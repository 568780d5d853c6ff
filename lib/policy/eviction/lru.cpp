// SPDX-License-Identifier: Apache-2.0
#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Least recently used: a list in order of last use, its back is the victim. O(1) an operation, 8 bytes an
/// id.
class Lru final : public EvictionPolicy {
 public:
  Lru(const EvictionContext& context, const Parameters&) { nodes_.reserve(context.expected_entries); }

  void on_insert(EntryId id, const AccessInfo&) override { nodes_.push_front(list_, id); }
  void on_hit(EntryId id, const AccessInfo&) override { nodes_.move_to_front(list_, id); }
  void on_erase(EntryId id, EraseReason) override { nodes_.erase(list_, id); }

  EntryId victim(const PinSet& pins) override { return nodes_.last_unpinned(list_, pins); }
  void prefetch(EntryId id) const { nodes_.prefetch(id); }

 private:
  IndexNodes nodes_;
  IndexList list_;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Lru>(
        {.name = "lru",
         .summary = "evicts the least recently used entry",
         .source = "Mattson, Gecsei, Slutz, Traiger: Evaluation techniques for storage hierarchies, 1970"})});

}  // namespace
}  // namespace cachebench::policy
