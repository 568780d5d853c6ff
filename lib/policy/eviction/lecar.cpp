// SPDX-License-Identifier: Apache-2.0
#include "core/det_math.h"
#include "core/huge_pages.h"
#include "policy/byte_queues.h"
#include "policy/frequency_lists.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/sampling.h"

namespace cachebench::policy {
namespace {

/// Learning cache replacement: two experts, least recently and least frequently used, one of which is drawn
/// for each eviction by its weight. Each remembers what it evicted, half a capacity's worth; when such an
/// entry is asked for again its expert loses weight, the more the sooner: w·exp(−rate·discount^time), where
/// discount^capacity is 0.005. O(1) an operation; 36 bytes an id.
class LeCaR final : public EvictionPolicy {
 public:
  LeCaR(const EvictionContext& context, const Parameters& parameters)
      : steps_per_access_(kStepsPerCapacity /
                          static_cast<double>(std::max<std::uint64_t>(context.capacity.value, 1))),
        recency_weight_(parameters.get("lru_weight")),
        ghost_limit_(context.capacity.value / 2),
        queues_(context.expected_entries),
        draws_(context.seed) {
    // What is left of a weight, by the age of the regret.
    const double rate = parameters.get("learning_rate");
    const double step = det::log(parameters.get("discount")) / kStepsPerCapacity;
    for (int i = 0; i < kSteps; ++i) left_.push_back(det::exp(-rate * det::exp(step * i)));
    frequencies_.reserve(context.expected_entries);
    resize_huge(evicted_, context.expected_entries);
  }

  void on_arrival(EntryId id, const AccessInfo& access) override {
    now_ = access.sequence;
    const unsigned queue = queues_.queue_of(id);
    if (queue == kRecencyGhosts) recency_weight_ = learn(id, recency_weight_);
    if (queue == kFrequencyGhosts) recency_weight_ = 1 - learn(id, 1 - recency_weight_);
    if (queue != ByteQueues::kNowhere) queues_.erase(id);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    on_arrival(id, access);  // if it was not announced
    queues_.push_front(kRecent, id, access.bytes);
    frequencies_.insert(id);
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    choice_.forget(id);
    now_ = access.sequence;
    queues_.resize(id, access.bytes);
    queues_.move_to_front(kRecent, id);
    frequencies_.increment(id);
  }

  void on_erase(EntryId id, EraseReason reason) override {
    frequencies_.erase(id);
    if (reason == EraseReason::kEvicted && id == choice_.id() && chosen_by_ != Expert::kBoth) {
      remember(id);
    } else {
      queues_.erase(id);  // what both agree on is no one's fault
    }
    choice_.forget();
  }

  EntryId victim(const PinSet& pins) override {
    if (choice_.stands(pins)) return choice_.id();
    const EntryId oldest = queues_.last_unpinned(kRecent, pins);
    const EntryId rarest = frequencies_.longest_at_lowest(pins);
    if (oldest == rarest) {
      chosen_by_ = Expert::kBoth;
    } else {
      const double drawn = draws_.below(1'000'000) / 1e6;
      chosen_by_ = drawn < recency_weight_ ? Expert::kRecency : Expert::kFrequency;
    }
    return choice_.remember(chosen_by_ == Expert::kFrequency ? rarest : oldest);
  }

  void prefetch(EntryId id) const {
    queues_.prefetch(id);
    frequencies_.prefetch(id);
  }

 private:
  enum class Expert : std::uint8_t { kRecency, kFrequency, kBoth };
  static constexpr unsigned kRecent = 1;  // the residents
  static constexpr unsigned kRecencyGhosts = 2;
  static constexpr unsigned kFrequencyGhosts = 3;

  void remember(EntryId id) {
    if (index_of(id) >= evicted_.size()) [[unlikely]] {
      evicted_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * evicted_.size()));
    }
    evicted_[index_of(id)] = now_;
    queues_.retire(id, chosen_by_ == Expert::kRecency ? kRecencyGhosts : kFrequencyGhosts, ghost_limit_);
  }

  // The weight that is left of an expert's share, the two normalised to 1.
  [[nodiscard]] double learn(EntryId id, double weight) const {
    const double step = static_cast<double>(now_ - evicted_[index_of(id)]) * steps_per_access_;
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
  ByteQueues queues_;
  FrequencyLists frequencies_;
  std::vector<std::uint64_t> evicted_;  // by id: number of the access
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
