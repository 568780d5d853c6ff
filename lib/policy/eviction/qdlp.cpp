// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/byte_queues.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Quick demotion, lazy promotion: a small first-in-first-out queue with ghosts lets only entries used there,
/// or come back, into a CLOCK with two-bit counters, which keeps within its share. O(1) amortised, 16 bytes
/// an id.
class Qdlp final : public EvictionPolicy {
 public:
  Qdlp(const EvictionContext& context, const Parameters& parameters)
      : queues_(context.expected_entries),
        main_limit_(share_of(context.capacity, 1 - parameters.get("small_ratio"))),
        ghost_limit_(share_of(context.capacity, parameters.get("ghost_ratio"))),
        threshold_(static_cast<unsigned>(parameters.get("move_to_main_threshold"))) {}

  void on_arrival(EntryId id, const AccessInfo&) override {
    returning_ = queues_.take(kGhost, id) ? id : kNoEntry;
  }
  void on_insert(EntryId id, const AccessInfo& access) override {
    const bool returns = returning_ == id || queues_.take(kGhost, id);
    queues_.push_front(returns ? kMain : kSmall, id, access.bytes);
    returning_ = kNoEntry;
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    queues_.set_count(id, queues_.count(id) + 1);
    queues_.resize(id, access.bytes);
  }
  void on_erase(EntryId id, EraseReason reason) override {
    if (id == moving_) moving_ = kNoEntry;
    if (reason == EraseReason::kEvicted && queues_.queue_of(id) == kSmall) {
      queues_.retire(id, kGhost, ghost_limit_);
    } else {
      queues_.erase(id);
    }
    if (moving_ != kNoEntry && fits_main(moving_)) move_to_main(moving_);
  }

  EntryId victim(const PinSet& pins) override {
    moving_ = kNoEntry;
    EntryId victim = queues_.bytes(kMain) > main_limit_ ? from_main(pins) : kNoEntry;
    if (victim == kNoEntry) victim = from_small(pins);
    return victim != kNoEntry ? victim : from_main(pins);
  }
  void prefetch(EntryId id) const { queues_.prefetch(id); }

 private:
  static constexpr unsigned kSmall = 1;
  static constexpr unsigned kMain = 2;
  static constexpr unsigned kGhost = 3;
  static constexpr unsigned kMostChances = 3;

  // The oldest that was not used enough. One that was moves on; where the main queue has no room for it, its
  // victim goes first.
  EntryId from_small(const PinSet& pins) {
    EntryId id = queues_.back(kSmall);
    while (id != kNoEntry) {
      const EntryId next = queues_.previous(id);
      if (!pins.is_pinned(id)) {
        if (queues_.count(id) < threshold_) return id;
        if (fits_main(id)) {
          move_to_main(id);
        } else {
          const EntryId victim = from_main(pins);
          if (victim == kNoEntry) return id;
          moving_ = id;
          return victim;
        }
      }
      id = next;
    }
    return kNoEntry;
  }

  EntryId from_main(const PinSet& pins) {
    for (unsigned round = 0; round <= kMostChances; ++round) {
      EntryId id = queues_.back(kMain);
      while (id != kNoEntry) {
        const EntryId next = queues_.previous(id);
        if (!pins.is_pinned(id)) {
          const unsigned count = std::min(queues_.count(id), kMostChances);
          if (count == 0) return id;
          queues_.set_count(id, count - 1);
          queues_.move_to_front(kMain, id);
        }
        id = next;
      }
    }
    return queues_.last_unpinned(kMain, pins);
  }

  [[nodiscard]] bool fits_main(EntryId id) const {
    return queues_.bytes(kMain) + queues_.bytes_of(id) <= main_limit_;
  }
  void move_to_main(EntryId id) {
    queues_.set_count(id, 0);
    queues_.move_to_front(kMain, id);
    moving_ = kNoEntry;
  }

  ByteQueues queues_;
  std::uint64_t main_limit_;
  std::uint64_t ghost_limit_;
  unsigned threshold_;
  EntryId returning_ = kNoEntry;  // arrives, and was a ghost
  EntryId moving_ = kNoEntry;     // goes to the main queue once the victim has made room
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Qdlp>(
        {.name = "qdlp",
         .summary = "a small queue demotes quickly, a two-bit CLOCK behind it promotes lazily",
         .source = "Yang, Qiu, Zhang, Yue, Rashmi: FIFO can be better than LRU, the power of lazy promotion "
                   "and quick demotion, HotOS 2023",
         .parameters = {
             {"small_ratio", 0.1, 0, 1, "share of the capacity for the small queue"},
             {"ghost_ratio", 0.9, 0, 10, "bytes remembered as ghosts, as a share of the capacity"},
             {"move_to_main_threshold", 1, 1, 15, "uses in the small queue that lead to the main one"}}})});

}  // namespace
}  // namespace cachebench::policy
