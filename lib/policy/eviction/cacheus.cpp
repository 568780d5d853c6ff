// SPDX-License-Identifier: Apache-2.0
#include "core/det_math.h"
#include "core/huge_pages.h"
#include "policy/byte_queues.h"
#include "policy/frequency_lists.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/sampling.h"

namespace cachebench::policy {
namespace {

/// CACHEUS: LeCaR's regret with better experts. Recency is SR-LRU, which resists scans: new entries pass
/// through one half, those used again live in the other, and a history tells who returns. Frequency is
/// CR-LFU, which resists churn: of the least frequent the latest goes, and frequencies survive in the
/// history. The learning rate climbs the hit ratio, and restarts at random when it is stuck. The halves are
/// fixed, as in the reference, where entries that overflow the first half are given up at once: here they
/// stay until room is needed, and come first then. O(1) an operation amortised; 90 bytes an id.
class Cacheus final : public EvictionPolicy {
 public:
  Cacheus(const EvictionContext& context, const Parameters& parameters)
      : capacity_(context.capacity.value),
        newcomers_limit_(share_of(context.capacity, parameters.get("newcomer_ratio"))),
        reused_limit_(share_of(context.capacity, 1 - parameters.get("newcomer_ratio"))),
        queues_(context.expected_entries),
        asides_(context.expected_entries),
        draws_(context.seed),
        learning_rate_(random_rate()) {
    frequencies_.reserve(context.expected_entries);
    resize_huge(past_frequency_, context.expected_entries);
  }

  void on_arrival(EntryId id, const AccessInfo&) override { learn(id); }

  void on_insert(EntryId id, const AccessInfo& access) override {
    learn(id);  // if it was not announced
    ++residents_;
    enter(id, access.bytes);
    count_access(Outcome::kMiss);
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    choice_.forget(id);
    if (is_given_up(id)) {
      asides_.erase(id);
      learn(id);
      enter(id, access.bytes);
    } else {
      queues_.resize(id, access.bytes);
      frequencies_.increment(id);
      queues_.move_to_front(kReused, id);
      while (queues_.bytes(kReused) > reused_limit_) demote();
    }
    count_access(Outcome::kHit);
  }

  void on_erase(EntryId id, EraseReason reason) override {
    --residents_;
    const bool chosen = id == choice_.id();
    choice_.forget();
    if (is_given_up(id)) {
      asides_.erase(id);
      if (reason == EraseReason::kRemoved) queues_.take(kHistory, id);
    } else if (reason == EraseReason::kRemoved) {
      frequencies_.erase(id);
      queues_.erase(id);
    } else {
      if (chosen) remember(id);
      retire(id);
      trim_history();
      if (interval_ == 0) interval_ = residents_ + 1;  // full for the first time
    }
  }

  EntryId victim(const PinSet& pins) override {
    const EntryId given_up = asides_.last_unpinned(kGivenUp, pins);
    if (given_up != kNoEntry) return given_up;
    if (choice_.stands(pins)) return choice_.id();
    EntryId oldest = queues_.last_unpinned(kNewcomers, pins);
    if (oldest == kNoEntry) oldest = queues_.last_unpinned(kReused, pins);
    const EntryId rarest = frequencies_.latest_at_lowest(pins);
    const bool by_recency = draws_.below(1'000'000) / 1e6 < recency_weight_;
    chosen_by_ = oldest == rarest ? Expert::kBoth : by_recency ? Expert::kRecency : Expert::kFrequency;
    return choice_.remember(by_recency ? oldest : rarest);
  }

  void prefetch(EntryId id) const {
    queues_.prefetch(id);
    frequencies_.prefetch(id);
    asides_.prefetch(id);
  }

 private:
  enum class Expert : std::uint8_t { kRecency, kFrequency, kBoth };
  enum class Outcome : std::uint8_t { kMiss, kHit };
  static constexpr unsigned kNewcomers = 1;
  static constexpr unsigned kReused = 2;
  static constexpr unsigned kHistory = 3;  // has left both experts
  static constexpr unsigned kGivenUp = 1;  // resident still, but no longer the experts'
  static constexpr unsigned kRecencyGhosts = 2;
  static constexpr unsigned kFrequencyGhosts = 3;
  static constexpr double kLeastRate = 0.001;
  static constexpr int kPatience = 10;

  void enter(EntryId id, Bytes bytes) {
    const bool returns = queues_.queue_of(id) == kHistory;
    if (bytes.value > (returns ? reused_limit_ : newcomers_limit_)) {
      give_up(id, bytes);
      return;
    }
    frequencies_.insert(id, returns ? past_frequency_[index_of(id)] + 1 : 1);
    if (returns) {
      queues_.erase(id);
      while (queues_.bytes(kReused) + bytes.value > reused_limit_) demote();
    }
    queues_.push_front(returns ? kReused : kNewcomers, id, bytes);
    while (queues_.bytes(kNewcomers) > newcomers_limit_) {
      const EntryId oldest = queues_.back(kNewcomers);
      retire(oldest);
      give_up(oldest, Bytes{queues_.bytes_of(oldest)});
    }
    trim_history();
  }

  [[nodiscard]] bool is_given_up(EntryId id) const { return asides_.queue_of(id) == kGivenUp; }
  void give_up(EntryId id, Bytes bytes) { asides_.push_front(kGivenUp, id, bytes); }

  void demote() { queues_.move_to_front(kNewcomers, queues_.back(kReused)); }

  void retire(EntryId id) {
    if (index_of(id) >= past_frequency_.size()) [[unlikely]] {
      past_frequency_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * past_frequency_.size()));
    }
    past_frequency_[index_of(id)] = frequencies_.frequency(id);
    frequencies_.erase(id);
    queues_.move_to_front(kHistory, id);
  }
  void trim_history() { queues_.trim(kHistory, capacity_ == 0 ? 0 : capacity_ - 1); }

  // What both agree on is no one's fault.
  void remember(EntryId id) {
    const Bytes bytes{queues_.bytes_of(id)};
    if (chosen_by_ == Expert::kBoth || bytes.value > capacity_ / 2) return;
    const unsigned ghosts = chosen_by_ == Expert::kRecency ? kRecencyGhosts : kFrequencyGhosts;
    asides_.push_front(ghosts, id, bytes);
    asides_.trim(ghosts, capacity_ / 2);
  }

  // An expert whose victim is asked for again loses weight.
  void learn(EntryId id) {
    const unsigned aside = asides_.queue_of(id);
    if (aside != kRecencyGhosts && aside != kFrequencyGhosts) return;
    asides_.erase(id);
    const bool recency_erred = aside == kRecencyGhosts;
    const double kept = det::exp(-learning_rate_);
    const double recency = recency_weight_ * (recency_erred ? kept : 1);
    const double frequency = (1 - recency_weight_) * (recency_erred ? 1 : kept);
    recency_weight_ = recency / (recency + frequency);
  }

  // Once for as many accesses as there are residents.
  void count_access(Outcome outcome) {
    hits_ += outcome == Outcome::kHit ? 1U : 0U;
    if (interval_ == 0 || ++since_update_ < interval_) return;
    const double hit_ratio = static_cast<double>(hits_) / static_cast<double>(interval_);
    update_rate(hit_ratio);
    interval_ = std::max<std::uint64_t>(residents_, 1);
    since_update_ = 0;
    hits_ = 0;
  }

  void update_rate(double hit_ratio) {
    const double ratio_change = hit_ratio - last_hit_ratio_;
    const double rate_change = learning_rate_ - last_rate_;
    last_hit_ratio_ = hit_ratio;
    last_rate_ = learning_rate_;
    if (rate_change != 0) {
      const double step = learning_rate_ * (rate_change < 0 ? -rate_change : rate_change);
      const bool better = ratio_change * rate_change > 0;
      learning_rate_ = std::clamp(learning_rate_ + (better ? step : -step), kLeastRate, 1.0);
      stuck_ = 0;
    } else if (hit_ratio == 0 || ratio_change <= 0) {
      if (++stuck_ < kPatience) return;
      stuck_ = 0;
      learning_rate_ = random_rate();
    }
  }
  double random_rate() { return kLeastRate + draws_.below(1000) / 1000.0; }

  std::uint64_t capacity_;
  std::uint64_t newcomers_limit_;
  std::uint64_t reused_limit_;
  ByteQueues queues_;
  FrequencyLists frequencies_;                 // of those in the first two queues
  std::vector<std::uint64_t> past_frequency_;  // by id, of those in the history
  ByteQueues asides_;                          // the given up and the ghosts; may be in the history too
  std::uint64_t residents_ = 0;
  double recency_weight_ = 0.5;  // the other one's is what is missing to 1
  Draws draws_;
  LastChoice choice_;
  Expert chosen_by_ = Expert::kBoth;
  double learning_rate_;
  double last_rate_ = 0;
  double last_hit_ratio_ = 0;
  int stuck_ = 0;
  std::uint64_t interval_ = 0;  // accesses between updates of the rate; 0: not yet
  std::uint64_t since_update_ = 0;
  std::uint64_t hits_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Cacheus>(
        {.name = "cacheus",
         .summary = "draws a scan-resistant LRU or a churn-resistant LFU, by weights it learns from regret",
         .source = "Rodriguez et al.: Learning cache replacement with CACHEUS, FAST 2021",
         .random = true,
         .parameters = {{"newcomer_ratio", 0.5, 0.01, 0.99,
                         "share of the capacity that entries not used again may fill"}}})});

}  // namespace
}  // namespace cachebench::policy
