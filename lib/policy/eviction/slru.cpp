// SPDX-License-Identifier: Apache-2.0
#include "policy/byte_queues.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/segmented_lru.h"

namespace cachebench::policy {
namespace {

/// Segmented LRU: entries enter the lowest of a few equal segments, rise one at each use, and sink one when
/// their segment overflows; the lowest segment's oldest leaves. O(segments) an operation, 16 bytes an id.
class Slru final : public EvictionPolicy {
 public:
  Slru(const EvictionContext& context, const Parameters& parameters)
      : queues_(context.expected_entries),
        segments_(queues_, 1, limits(context.capacity, parameters.get("segments"))) {}

  void on_insert(EntryId id, const AccessInfo& access) override {
    queues_.push_front(segments_.queue_for(access.bytes.value), id, access.bytes);
  }
  void on_hit(EntryId id, const AccessInfo& access) override { segments_.on_hit(id, access.bytes); }
  void on_erase(EntryId id, EraseReason) override { queues_.erase(id); }

  EntryId victim(const PinSet& pins) override { return segments_.victim(pins); }
  void prefetch(EntryId id) const { queues_.prefetch(id); }

 private:
  static std::vector<std::uint64_t> limits(Bytes capacity, double segments) {
    const auto count = static_cast<std::size_t>(segments);
    return std::vector<std::uint64_t>(count, capacity.value / count);
  }

  ByteQueues queues_;
  SegmentedLru segments_;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Slru>(
        {.name = "slru",
         .summary = "segments that entries climb one at each use and sink from as others climb",
         .source = "Karedla, Love, Wherry: Caching strategies to improve disk system performance, 1994",
         .parameters = {{"segments", 4, 1, 15, "number of segments, all of one size"}}})});

}  // namespace
}  // namespace cachebench::policy
