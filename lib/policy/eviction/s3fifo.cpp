// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/byte_queues.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Three first-in-first-out queues: new entries pass through a small one and reach the main one if they were
/// used there, or come back while their ghost is remembered; the main one gives used entries another chance.
/// O(1) amortised, 16 bytes an id.
class S3Fifo final : public EvictionPolicy {
 public:
  S3Fifo(const EvictionContext& context, const Parameters& parameters)
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
    returning_ = chosen_ = kNoEntry;
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    queues_.set_count(id, queues_.count(id) + 1);
    queues_.resize(id, access.bytes);
    chosen_ = kNoEntry;
  }
  void on_erase(EntryId id, EraseReason reason) override {
    if (reason == EraseReason::kEvicted && queues_.queue_of(id) == kSmall) {
      queues_.retire(id, kGhost, ghost_limit_);
    } else {
      queues_.erase(id);
    }
    chosen_ = kNoEntry;
  }

  EntryId victim(const PinSet& pins) override {
    // Kept, since moving entries to the main queue may change which queue is asked next.
    if (chosen_ != kNoEntry && !pins.is_pinned(chosen_)) return chosen_;
    const bool main_first = queues_.bytes(kMain) > main_limit_ || queues_.empty(kSmall);
    chosen_ = main_first ? from_main(pins) : from_small(pins);
    if (chosen_ == kNoEntry) chosen_ = main_first ? from_small(pins) : from_main(pins);
    return chosen_;
  }
  void prefetch(EntryId id) const { queues_.prefetch(id); }

 private:
  static constexpr unsigned kSmall = 1;
  static constexpr unsigned kMain = 2;
  static constexpr unsigned kGhost = 3;
  static constexpr unsigned kMostChances = 3;

  EntryId from_small(const PinSet& pins) {
    EntryId id = queues_.back(kSmall);
    while (id != kNoEntry) {
      const EntryId next = queues_.previous(id);
      if (!pins.is_pinned(id)) {
        if (queues_.count(id) < threshold_) return id;
        queues_.set_count(id, 0);
        queues_.move_to_front(kMain, id);
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
          const unsigned count = queues_.count(id);
          if (count == 0) return id;
          queues_.set_count(id, std::min(count, kMostChances) - 1);
          queues_.move_to_front(kMain, id);
        }
        id = next;
      }
    }
    return queues_.last_unpinned(kMain, pins);
  }

  ByteQueues queues_;
  std::uint64_t main_limit_;
  std::uint64_t ghost_limit_;
  unsigned threshold_;
  EntryId returning_ = kNoEntry;  // arrives, and was a ghost
  EntryId chosen_ = kNoEntry;     // the answer of `victim` until something happens
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<S3Fifo>(
        {.name = "s3fifo",
         .summary = "a small queue filters entries used once out before they reach the main queue",
         .source =
             "Yang, Zhang, Qiu, Yue, Rashmi: FIFO queues are all you need for cache eviction, SOSP 2023",
         .parameters = {
             {"small_ratio", 0.1, 0, 1, "share of the capacity for the small queue"},
             {"ghost_ratio", 0.9, 0, 10, "bytes remembered as ghosts, as a share of the capacity"},
             {"move_to_main_threshold", 2, 1, 15, "uses in the small queue that lead to the main one"}}})});

}  // namespace
}  // namespace cachebench::policy
