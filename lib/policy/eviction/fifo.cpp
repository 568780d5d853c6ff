// SPDX-License-Identifier: Apache-2.0
#include "policy/eviction.h"
#include "policy/index_list.h"

namespace cachebench::policy {
namespace {

/// First in, first out: hits change nothing. A list rather than a ring, since entries may leave from its
/// middle. O(1) an operation, 8 bytes an id.
class Fifo final : public EvictionPolicy {
 public:
  explicit Fifo(const EvictionContext& context) { nodes_.reserve(context.expected_entries); }

  void on_insert(EntryId id, const AccessInfo&) override { nodes_.push_front(list_, id); }
  void on_hit(EntryId, const AccessInfo&) override {}
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
    {.name = "fifo",
     .summary = "evicts the entry that came first",
     .source = "Belady: A study of replacement algorithms for a virtual-storage computer, 1966",
     .parameters = {},
     .make = [](const EvictionContext& context, const Parameters&) {
       return std::make_unique<Fifo>(context);
     }});

}  // namespace
}  // namespace cachebench::policy
