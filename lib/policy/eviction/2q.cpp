// SPDX-License-Identifier: Apache-2.0
#include "policy/byte_queues.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Two queues: new entries pass through a first-in-first-out queue; those that come back while they are
/// remembered as its ghosts enter an LRU list. O(1), 16 bytes an id.
class TwoQueues final : public EvictionPolicy {
 public:
  TwoQueues(const EvictionContext& context, const Parameters& parameters)
      : queues_(context.expected_entries),
        in_limit_(share_of(context.capacity, parameters.get("in_ratio"))),
        out_limit_(share_of(context.capacity, parameters.get("out_ratio"))) {}

  void on_arrival(EntryId id, const AccessInfo&) override {
    returning_ = queues_.take(kOut, id) ? id : kNoEntry;
  }
  void on_insert(EntryId id, const AccessInfo& access) override {
    const bool returns = returning_ == id || queues_.take(kOut, id);
    queues_.push_front(returns ? kMain : kIn, id, access.bytes);
    returning_ = kNoEntry;
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    if (queues_.queue_of(id) == kMain) queues_.move_to_front(kMain, id);
    queues_.resize(id, access.bytes);
  }
  void on_erase(EntryId id, EraseReason reason) override {
    if (reason == EraseReason::kEvicted && queues_.queue_of(id) == kIn) {
      queues_.retire(id, kOut, out_limit_);
    } else {
      queues_.erase(id);
    }
  }

  EntryId victim(const PinSet& pins) override {
    const bool from_in = queues_.bytes(kIn) > in_limit_ || queues_.empty(kMain);
    const EntryId preferred = queues_.last_unpinned(from_in ? kIn : kMain, pins);
    return preferred != kNoEntry ? preferred : queues_.last_unpinned(from_in ? kMain : kIn, pins);
  }
  void prefetch(EntryId id) const { queues_.prefetch(id); }

 private:
  // A1in, Am and A1out of the paper.
  static constexpr unsigned kIn = 1;
  static constexpr unsigned kMain = 2;
  static constexpr unsigned kOut = 3;

  ByteQueues queues_;
  std::uint64_t in_limit_;
  std::uint64_t out_limit_;
  EntryId returning_ = kNoEntry;  // arrives, and was a ghost
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<TwoQueues>(
        {.name = "2q",
         .summary = "only entries that come back after leaving a first-in-first-out queue enter the LRU list",
         .source = "Johnson, Shasha: 2Q, a low overhead high performance buffer management replacement "
                   "algorithm, VLDB 1994",
         .parameters = {
             {"in_ratio", 0.25, 0, 1, "share of the capacity for the incoming queue"},
             {"out_ratio", 0.5, 0, 10, "bytes remembered as ghosts, as a share of the capacity"}}})});

}  // namespace
}  // namespace cachebench::policy
