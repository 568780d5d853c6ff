// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <vector>

#include "core/det_math.h"
#include "core/huge_pages.h"
#include "core/prefetch.h"
#include "policy/frequency_lists.h"
#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/sampling.h"

namespace cachebench::policy {
namespace {

struct Links {
  EntryId previous = kNoEntry;
  EntryId next = kNoEntry;
};

/// All that is kept of an id, in half a cache line: it is in a queue by recency, or a ghost of one of the two
/// experts, and while resident also in the list of its frequency.
struct alignas(32) Record {
  std::uint64_t bytes = 0;
  Links recency;
  Links equals;  ///< of its frequency; of a ghost, the number of the access that evicted it
  std::uint32_t bucket = 0;
  std::uint8_t queue = 0;
};
static_assert(sizeof(Record) == 32);

template <Links Record::*kLinks>
void unlink(Record* records, IndexList& list, EntryId id) {
  const Links links = records[index_of(id)].*kLinks;
  (links.previous == kNoEntry ? list.front : (records[index_of(links.previous)].*kLinks).next) = links.next;
  (links.next == kNoEntry ? list.back : (records[index_of(links.next)].*kLinks).previous) = links.previous;
}

/// The lists of residents of equal frequency, whose links are in the records.
struct Equals {
  Record* records;
  [[nodiscard]] Record& at(EntryId id) const { return records[index_of(id)]; }
  [[nodiscard]] std::uint32_t& bucket(EntryId id) const { return at(id).bucket; }
  [[nodiscard]] EntryId next(EntryId id) const { return at(id).equals.next; }
  void push_back(IndexList& list, EntryId id) const {
    at(id).equals = {.previous = list.back, .next = kNoEntry};
    (list.back == kNoEntry ? list.front : at(list.back).equals.next) = id;
    list.back = id;
  }
  void erase(IndexList& list, EntryId id) const { unlink<&Record::equals>(records, list, id); }
};

/// Learning cache replacement: two experts, least recently and least frequently used, one of which is drawn
/// for each eviction by its weight. Each remembers what it evicted, half a capacity's worth; when such an
/// entry is asked for again its expert loses weight, the more the sooner: w·exp(−rate·discount^time), where
/// discount^capacity is 0.005. O(1) an operation; 32 bytes an id.
class LeCaR final : public EvictionPolicy {
 public:
  LeCaR(const EvictionContext& context, const Parameters& parameters)
      : steps_per_access_(kStepsPerCapacity /
                          static_cast<double>(std::max<std::uint64_t>(context.capacity.value, 1))),
        recency_weight_(parameters.get("lru_weight")),
        ghost_limit_(context.capacity.value / 2),
        draws_(context.seed) {
    // What is left of a weight, by the age of the regret.
    const double rate = parameters.get("learning_rate");
    const double step = det::log(parameters.get("discount")) / kStepsPerCapacity;
    for (int i = 0; i < kSteps; ++i) left_.push_back(det::exp(-rate * det::exp(step * i)));
    resize_huge(records_, context.expected_entries);
  }

  void on_arrival(EntryId id, const AccessInfo& access) override {
    now_ = access.sequence;
    if (index_of(id) >= records_.size()) [[unlikely]] {
      records_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * records_.size()));
    }
    const Record& record = at(id);
    if (record.queue == kNowhere) return;
    if (record.queue == kRecencyGhosts) recency_weight_ = learn(record, recency_weight_);
    if (record.queue == kFrequencyGhosts) recency_weight_ = 1 - learn(record, 1 - recency_weight_);
    leave_queue(id);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    on_arrival(id, access);  // if it was not announced
    at(id).bytes = access.bytes.value;
    enter_queue(kRecent, id);
    frequencies_.insert(Equals{records_.data()}, id);
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    choice_.forget(id);
    now_ = access.sequence;
    Record& record = at(id);
    queues_[kRecent].bytes += access.bytes.value - record.bytes;
    record.bytes = access.bytes.value;
    if (queues_[kRecent].list.front != id) {
      unlink<&Record::recency>(records_.data(), queues_[kRecent].list, id);
      link_front(queues_[kRecent].list, id);
    }
    frequencies_.increment(Equals{records_.data()}, id);
  }

  void on_erase(EntryId id, EraseReason reason) override {
    frequencies_.erase(Equals{records_.data()}, id);
    leave_queue(id);
    // What both agree on is no one's fault.
    const bool is_choice = reason == EraseReason::kEvicted && id == choice_.id();
    if (is_choice && chosen_by_ != Expert::kBoth && at(id).bytes <= ghost_limit_) remember(id);
    choice_.forget();
  }

  EntryId victim(const PinSet& pins) override {
    if (choice_.stands(pins)) return choice_.id();
    EntryId oldest = queues_[kRecent].list.back;
    while (oldest != kNoEntry && pins.is_pinned(oldest)) oldest = at(oldest).recency.previous;
    const EntryId rarest = frequencies_.longest_at_lowest(Equals{records_.data()}, pins);
    if (oldest == rarest) {
      chosen_by_ = Expert::kBoth;
    } else {
      const double drawn = draws_.below(1'000'000) / 1e6;
      chosen_by_ = drawn < recency_weight_ ? Expert::kRecency : Expert::kFrequency;
    }
    return choice_.remember(chosen_by_ == Expert::kFrequency ? rarest : oldest);
  }

  void prefetch(EntryId id) const {
    if (index_of(id) < records_.size()) prefetch_line(&records_[index_of(id)]);
  }

 private:
  enum class Expert : std::uint8_t { kRecency, kFrequency, kBoth };
  static constexpr std::uint8_t kNowhere = 0;
  static constexpr std::uint8_t kRecent = 1;  // the residents
  static constexpr std::uint8_t kRecencyGhosts = 2;
  static constexpr std::uint8_t kFrequencyGhosts = 3;

  struct Queue {
    IndexList list;
    std::uint64_t bytes = 0;
  };
  Record& at(EntryId id) { return records_[index_of(id)]; }

  void link_front(IndexList& list, EntryId id) {
    at(id).recency = {.previous = kNoEntry, .next = list.front};
    (list.front == kNoEntry ? list.back : at(list.front).recency.previous) = id;
    list.front = id;
  }

  void enter_queue(std::uint8_t queue, EntryId id) {
    at(id).queue = queue;
    link_front(queues_[queue].list, id);
    queues_[queue].bytes += at(id).bytes;
  }
  void leave_queue(EntryId id) {
    Queue& queue = queues_[at(id).queue];
    unlink<&Record::recency>(records_.data(), queue.list, id);
    queue.bytes -= at(id).bytes;
    at(id).queue = kNowhere;
  }

  // As a ghost of the expert that chose it, the oldest ones making room.
  void remember(EntryId id) {
    const std::uint8_t ghosts = chosen_by_ == Expert::kRecency ? kRecencyGhosts : kFrequencyGhosts;
    at(id).equals = {.previous = EntryId{static_cast<std::uint32_t>(now_)},
                     .next = EntryId{static_cast<std::uint32_t>(now_ >> 32U)}};
    enter_queue(ghosts, id);
    while (queues_[ghosts].bytes > ghost_limit_) leave_queue(queues_[ghosts].list.back);
  }

  // The weight that is left of an expert's share, the two normalised to 1.
  [[nodiscard]] double learn(const Record& ghost, double weight) const {
    const std::uint64_t evicted =
        std::uint64_t{index_of(ghost.equals.next)} << 32U | index_of(ghost.equals.previous);
    const double step = static_cast<double>(now_ - evicted) * steps_per_access_;
    const double left = left_[static_cast<std::size_t>(std::min(step, kSteps - 1.0))];
    const double lost = weight * left + kLeast;
    return lost / (lost + (1 - weight) + kLeast);
  }

  static constexpr double kLeast = 1e-10;  // no weight is ever 0
  static constexpr double kStepsPerCapacity = 1024;
  static constexpr int kSteps = 4096;  // four capacities on, regret is nothing

  std::vector<double> left_;
  double steps_per_access_;
  double recency_weight_;  // the other one's is what is missing to 1
  std::uint64_t ghost_limit_;
  std::vector<Record> records_;  // by id
  std::array<Queue, 4> queues_{};
  FrequencyBuckets frequencies_;
  std::uint64_t now_ = 0;
  Draws draws_;
  LastChoice choice_;
  Expert chosen_by_ = Expert::kBoth;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<LeCaR>(
        {.name = "lecar",
         .summary = "draws the least recently or least frequently used, by weights it learns from regret",
         .source = "Vietri et al.: Driving cache replacement with ML-based LeCaR, HotStorage 2018",
         .random = true,
         .parameters = {
             {"lru_weight", 0.5, 0, 1, "weight of recency at the start"},
             {"learning_rate", 0.45, 0, 10, "how fast weights change"},
             {"discount", 0.005, 1e-9, 1, "what regret is worth a capacity of accesses later"}}})});

}  // namespace
}  // namespace cachebench::policy
