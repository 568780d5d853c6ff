// SPDX-License-Identifier: Apache-2.0
#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Most recently used: right where a scan larger than the cache comes round again and again, since it keeps
/// the first part of it. A list in order of last use, its front is the victim. O(1) an operation, 8 bytes an
/// id.
class Mru final : public EvictionPolicy {
 public:
  Mru(const EvictionContext& context, const Parameters&) { nodes_.reserve(context.expected_entries); }

  void on_insert(EntryId id, const AccessInfo&) override { nodes_.push_front(list_, id); }
  void on_hit(EntryId id, const AccessInfo&) override { nodes_.move_to_front(list_, id); }
  void on_erase(EntryId id, EraseReason) override { nodes_.erase(list_, id); }

  EntryId victim(const PinSet& pins) override {
    EntryId id = list_.front;
    while (id != kNoEntry && pins.is_pinned(id)) id = nodes_.next(id);
    return id;
  }

 private:
  IndexNodes nodes_;
  IndexList list_;
};

CACHEBENCH_REGISTER(EvictionDescriptor,
                    {describe_eviction<Mru>({.name = "mru",
                                             .summary = "evicts the most recently used entry",
                                             .source = "Chou, DeWitt: An evaluation of buffer management "
                                                       "strategies for relational database systems, 1985"})});

}  // namespace
}  // namespace cachebench::policy
