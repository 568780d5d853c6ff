// SPDX-License-Identifier: Apache-2.0
#include "core/det_math.h"
#include "policy/describe_eviction.h"
#include "policy/frequency_lists.h"
#include "policy/ghost_list.h"
#include "policy/index_list.h"
#include "policy/sampling.h"

namespace cachebench::policy {
namespace {

/// Learning cache replacement: two experts, least recently and least frequently used, one of which is drawn
/// for each eviction by its weight. Each remembers what it evicted, half a capacity's worth; when such an
/// entry is asked for again its expert loses weight, the more the sooner: w·exp(−rate·discount^time), where
/// discount^capacity is 0.005. O(1) an operation; 60 bytes an id.
class LeCaR final : public EvictionPolicy {
 public:
  LeCaR(const EvictionContext& context, const Parameters& parameters)
      : learning_rate_(parameters.get("learning_rate")),
        discount_log_(det::log(parameters.get("discount")) /
                      static_cast<double>(std::max<std::uint64_t>(context.capacity.value, 1))),
        recency_weight_(parameters.get("lru_weight")),
        recency_ghosts_(context.capacity.value / 2, context.expected_entries),
        frequency_ghosts_(context.capacity.value / 2, context.expected_entries),
        draws_(context.seed) {
    nodes_.reserve(context.expected_entries);
    frequencies_.reserve(context.expected_entries);
    facts_.resize(context.expected_entries);
  }

  void on_arrival(EntryId id, const AccessInfo& access) override {
    now_ = access.sequence;
    if (recency_ghosts_.forget(id)) recency_weight_ = learn(id, recency_weight_);
    if (frequency_ghosts_.forget(id)) recency_weight_ = 1 - learn(id, 1 - recency_weight_);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    on_arrival(id, access);  // if it was not announced
    if (index_of(id) >= facts_.size()) [[unlikely]] {
      facts_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * facts_.size()));
    }
    facts_[index_of(id)].bytes = access.bytes;
    nodes_.push_front(recent_, id);
    frequencies_.insert(id);
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    choice_.forget(id);
    now_ = access.sequence;
    nodes_.move_to_front(recent_, id);
    frequencies_.increment(id);
    facts_[index_of(id)].bytes = access.bytes;
  }

  void on_erase(EntryId id, EraseReason reason) override {
    if (reason == EraseReason::kEvicted && id == choice_.id()) remember(id);
    choice_.forget();
    nodes_.erase(recent_, id);
    frequencies_.erase(id);
  }

  EntryId victim(const PinSet& pins) override {
    if (choice_.stands(pins)) return choice_.id();
    const EntryId oldest = nodes_.last_unpinned(recent_, pins);
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
    nodes_.prefetch(id);
    frequencies_.prefetch(id);
  }

 private:
  enum class Expert : std::uint8_t { kRecency, kFrequency, kBoth };
  struct Facts {
    Bytes bytes{0};
    std::uint64_t evicted = 0;  // number of the access
  };

  // What both agree on is no one's fault.
  void remember(EntryId id) {
    facts_[index_of(id)].evicted = now_;
    if (chosen_by_ == Expert::kRecency) recency_ghosts_.remember(id, facts_[index_of(id)].bytes);
    if (chosen_by_ == Expert::kFrequency) frequency_ghosts_.remember(id, facts_[index_of(id)].bytes);
  }

  // The weight that is left of an expert's share, the two normalised to 1.
  [[nodiscard]] double learn(EntryId id, double weight) const {
    const double age = static_cast<double>(now_ - facts_[index_of(id)].evicted);
    const double lost = weight * det::exp(-learning_rate_ * det::exp(discount_log_ * age)) + kLeast;
    return lost / (lost + (1 - weight) + kLeast);
  }

  static constexpr double kLeast = 1e-10;  // no weight is ever 0

  double learning_rate_;
  double discount_log_;
  double recency_weight_;  // the other one's is what is missing to 1
  IndexNodes nodes_;
  IndexList recent_;  // the least recently used at the back
  FrequencyLists frequencies_;
  GhostList recency_ghosts_;
  GhostList frequency_ghosts_;
  std::vector<Facts> facts_;  // by id
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
