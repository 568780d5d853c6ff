// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <map>

#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Largest first, among equals the one inserted first; an entry whose size changes counts as inserted anew.
/// A queue for each size, in order of size: O(log distinct sizes) an operation, 16 bytes an id and about 64 a
/// distinct size.
class Size final : public EvictionPolicy {
 public:
  Size(const EvictionContext& context, const Parameters&) { nodes_.reserve(context.expected_entries); }

  void on_insert(EntryId id, const AccessInfo& access) override {
    nodes_.push_front(queues_[access.bytes.value], id);
    nodes_[id] = access.bytes.value;
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    if (nodes_[id] == access.bytes.value) return;
    leave(id);
    on_insert(id, access);
  }
  void on_erase(EntryId id, EraseReason) override { leave(id); }

  EntryId victim(const PinSet& pins) override {
    for (const auto& [bytes, queue] : queues_) {
      const EntryId id = nodes_.last_unpinned(queue, pins);
      if (id != kNoEntry) return id;
    }
    return kNoEntry;
  }
  void prefetch(EntryId id) const { nodes_.prefetch(id); }

 private:
  void leave(EntryId id) {
    const auto found = queues_.find(nodes_[id]);
    nodes_.erase(found->second, id);
    if (found->second.empty()) queues_.erase(found);
  }

  LinkedNodes<std::uint64_t> nodes_;  // with the size that the entry is queued by
  std::map<std::uint64_t, IndexList, std::greater<>> queues_;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Size>(
        {.name = "size",
         .summary = "evicts the largest entry, among equals the first inserted",
         .source = "Williams, Abrams, Standridge, Abdulla, Fox: Removal policies in network caches for "
                   "World-Wide Web documents, SIGCOMM 1996"})});

}  // namespace
}  // namespace cachebench::policy
