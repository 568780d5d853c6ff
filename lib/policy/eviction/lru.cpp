// SPDX-License-Identifier: Apache-2.0
#include "policy/eviction.h"
#include "policy/index_list.h"

namespace cachebench::policy {
namespace {

/// Least recently used: a list in order of last use, its back is the victim. O(1) an operation, 8 bytes an
/// id.
class Lru final : public EvictionPolicy {
 public:
  explicit Lru(const EvictionContext& context) { nodes_.reserve(context.expected_entries); }

  void on_insert(EntryId id, const AccessInfo&) override { nodes_.push_front(list_, id); }
  void on_hit(EntryId id, const AccessInfo&) override { nodes_.move_to_front(list_, id); }
  void on_erase(EntryId id, EraseReason) override { nodes_.erase(list_, id); }

  EntryId victim(const PinSet& pins) override {
    EntryId id = list_.back;
    while (id != kNoEntry && pins.is_pinned(id)) id = nodes_.previous(id);
    return id;
  }

 private:
  IndexNodes nodes_;
  IndexList list_;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {.name = "lru",
     .summary = "evicts the least recently used entry",
     .source = "Mattson, Gecsei, Slutz, Traiger: Evaluation techniques for storage hierarchies, 1970",
     .parameters = {},
     .make = [](const EvictionContext& context, const Parameters&) {
       return std::make_unique<Lru>(context);
     }});

}  // namespace
}  // namespace cachebench::policy
