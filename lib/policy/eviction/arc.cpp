// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/byte_queues.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Adaptive replacement: one list of entries used once lately, one of those used more often, each with the
/// ghosts that left it; a ghost that comes back moves the border between the lists in its favour. The paper's
/// pages are all alike; here the border moves by the smallest size seen, or by that of the ghost, so that
/// scaling all sizes changes nothing. O(1), 16 bytes an id.
class Arc final : public EvictionPolicy {
 public:
  Arc(const EvictionContext& context, const Parameters& parameters)
      : queues_(context.expected_entries),
        capacity_(context.capacity.value),
        steps_by_size_(parameters.get("step_by_size") != 0) {}

  void on_arrival(EntryId id, const AccessInfo& access) override {
    arriving_ = id;
    arriving_bytes_ = access.bytes.value;
    came_from_ = queues_.queue_of(id);
    plan_.victim = kNoEntry;
    smallest_ = std::min(smallest_, std::max<std::uint64_t>(access.bytes.value, 1));
    if (came_from_ == ByteQueues::kNowhere) return;
    adapt(access.bytes.value);
    queues_.erase(id);
  }
  void on_insert(EntryId id, const AccessInfo& access) override {
    if (arriving_ != id) on_arrival(id, access);
    queues_.push_front(came_from_ == ByteQueues::kNowhere ? kRecent : kFrequent, id, access.bytes);
    forget_arrival();
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    queues_.move_to_front(kFrequent, id);
    queues_.resize(id, access.bytes);
    plan_.victim = kNoEntry;
  }
  void on_erase(EntryId id, EraseReason reason) override {
    if (reason == EraseReason::kRemoved) {
      queues_.erase(id);
    } else {
      become_ghost(id);
    }
    bound_ghosts();
    if (arriving_ == id) forget_arrival();
    plan_.victim = kNoEntry;
  }

  EntryId victim(const PinSet& pins) override {
    if (plan_.victim == kNoEntry || pins.is_pinned(plan_.victim)) plan_ = plan(pins);
    return plan_.victim;
  }
  void prefetch(EntryId id) const { queues_.prefetch(id); }

 private:
  // T1, T2, B1 and B2 of the paper.
  static constexpr unsigned kRecent = 1;
  static constexpr unsigned kFrequent = 2;
  static constexpr unsigned kRecentGhosts = 3;
  static constexpr unsigned kFrequentGhosts = 4;

  // Who leaves, and what becomes of the ghosts when it does.
  struct Plan {
    EntryId victim = kNoEntry;
    unsigned drops_from = ByteQueues::kNowhere;  // the ghosts that lose their oldest
    bool becomes_ghost = true;
  };

  void adapt(std::uint64_t bytes) {
    const auto recent = static_cast<double>(queues_.bytes(kRecentGhosts));
    const auto frequent = static_cast<double>(queues_.bytes(kFrequentGhosts));
    const auto step = static_cast<double>(steps_by_size_ ? bytes : smallest_);
    if (came_from_ == kRecentGhosts) {
      const double weight = recent > 0 ? std::max(1.0, frequent / recent) : 1.0;
      target_ = std::min(target_ + weight * step, static_cast<double>(capacity_));
    } else {
      const double weight = frequent > 0 ? std::max(1.0, recent / frequent) : 1.0;
      target_ = std::max(target_ - weight * step, 0.0);
    }
  }

  [[nodiscard]] Plan plan(const PinSet& pins) const {
    if (arriving_ != kNoEntry && came_from_ != ByteQueues::kNowhere) return {.victim = replaced(pins)};
    const std::uint64_t recent = queues_.bytes(kRecent) + queues_.bytes(kRecentGhosts);
    const std::uint64_t frequent = queues_.bytes(kFrequent) + queues_.bytes(kFrequentGhosts);
    if (recent + arriving_bytes_ > capacity_) {
      if (!queues_.empty(kRecentGhosts)) return {.victim = replaced(pins), .drops_from = kRecentGhosts};
      // The recent list fills the cache: its oldest goes without a trace.
      const EntryId oldest = queues_.last_unpinned(kRecent, pins);
      if (oldest != kNoEntry) return {.victim = oldest, .becomes_ghost = false};
    } else if (recent + frequent >= 2 * capacity_) {
      return {.victim = replaced(pins), .drops_from = kFrequentGhosts};
    }
    return {.victim = replaced(pins)};
  }

  // REPLACE of the paper.
  [[nodiscard]] EntryId replaced(const PinSet& pins) const {
    const auto recent = static_cast<double>(queues_.bytes(kRecent));
    const bool above = recent > target_ || (recent == target_ && came_from_ == kFrequentGhosts);
    const bool from_recent = (!queues_.empty(kRecent) && above) || queues_.empty(kFrequent);
    const EntryId preferred = queues_.last_unpinned(from_recent ? kRecent : kFrequent, pins);
    if (preferred != kNoEntry) return preferred;
    return queues_.last_unpinned(from_recent ? kFrequent : kRecent, pins);
  }

  void become_ghost(EntryId id) {
    const bool planned = plan_.victim == id;
    if (planned && plan_.drops_from != ByteQueues::kNowhere) drop_oldest(plan_.drops_from);
    if (planned && !plan_.becomes_ghost) {
      queues_.erase(id);
      return;
    }
    queues_.move_to_front(queues_.queue_of(id) == kRecent ? kRecentGhosts : kFrequentGhosts, id);
  }

  // Nothing to do while sizes are alike and every eviction follows an arrival.
  void bound_ghosts() {
    while (queues_.bytes(kRecent) + queues_.bytes(kRecentGhosts) > capacity_ && drop_oldest(kRecentGhosts)) {
    }
    while (total() > 2 * capacity_ && drop_oldest(kFrequentGhosts)) {
    }
  }

  bool drop_oldest(unsigned ghosts) {
    if (queues_.empty(ghosts)) return false;
    queues_.erase(queues_.back(ghosts));
    return true;
  }
  [[nodiscard]] std::uint64_t total() const {
    return queues_.bytes(kRecent) + queues_.bytes(kFrequent) + queues_.bytes(kRecentGhosts) +
           queues_.bytes(kFrequentGhosts);
  }
  void forget_arrival() {
    arriving_ = kNoEntry;
    arriving_bytes_ = 0;
    came_from_ = ByteQueues::kNowhere;
    plan_.victim = kNoEntry;
  }

  ByteQueues queues_;
  std::uint64_t capacity_;
  bool steps_by_size_;
  std::uint64_t smallest_ = UINT64_MAX;
  double target_ = 0;  // bytes of the recent list to aim at: p of the paper
  EntryId arriving_ = kNoEntry;
  std::uint64_t arriving_bytes_ = 0;
  unsigned came_from_ = ByteQueues::kNowhere;  // the ghosts it was among
  Plan plan_;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Arc>(
        {.name = "arc",
         .summary = "balances recency and frequency by which ghosts come back",
         .source = "Megiddo, Modha: ARC, a self-tuning, low overhead replacement cache, FAST 2003",
         .parameters = {
             {"step_by_size", 0, 0, 1,
              "1: a ghost moves the border by its own size, which adapts faster where sizes differ; "
              "0: by the smallest size seen"}}})});

}  // namespace
}  // namespace cachebench::policy
