// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/prefetch.h"
#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/prediction/light_predictor.h"

namespace cachebench::policy {
namespace {

/// An online learned ranking at the tail of a cost-aware order. The order is greedy dual by frequency and the
/// loss of this tier's copy per byte; its worst `candidates` entries are taken out of it, and of those the
/// one of the least predicted probability of reuse within the window, times loss per byte, is evicted. One
/// that is used again goes back into the order, and so does one that has been spared for long. Where the
/// predictor has not earned trust, the order alone decides. The predictor learns from one id of 2^`sample`,
/// drawn by hash. O(log n) and one pass over the candidates an eviction.
class Predictive final : public EvictionPolicy {
 public:
  Predictive(const EvictionContext& context, const Parameters& parameters)
      : candidates_(static_cast<std::size_t>(parameters.get("candidates"))),
        every_(static_cast<std::uint64_t>(parameters.get("every"))),
        uses_model_(parameters.get("model") != 0),
        predictor_({.window = static_cast<std::size_t>(parameters.get("window")),
                    .shift = static_cast<unsigned>(parameters.get("sample")),
                    .seed = context.seed}) {
    heap_.reserve(context.expected_entries);
    entries_.resize(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    if (index_of(id) >= entries_.size()) [[unlikely]] {
      entries_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * entries_.size()));
    }
    entries_[index_of(id)] = {.uses = access.uses == 0 ? 0 : access.uses - 1};
    heap_.push(id, touch(id, access));
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    const Rank rank = touch(id, access);
    if (entries_[index_of(id)].place != kNowhere) {
      leave_tail(id);
      heap_.push(id, rank);
    } else if (rank < heap_.key(id)) {
      heap_.update(id, rank);
    } else {
      heap_.raise(id, rank);
    }
  }
  void on_erase(EntryId id, EraseReason reason) override {
    const std::uint8_t place = entries_[index_of(id)].place;
    const double value = place == kNowhere ? heap_.key(id).value() : tail_[place].rank.value();
    if (reason == EraseReason::kEvicted) {
      floor_ = std::max(floor_, value);
      ++evictions_;
    }
    if (place == kNowhere) {
      heap_.erase(id);
    } else {
      leave_tail(id);
    }
  }

  EntryId victim(const PinSet& pins) override {
    const bool asks_model = uses_model_ && predictor_.trusted() && evictions_ % every_ == 0;
    if (!asks_model && tail_.size() < heap_.size()) {
      const EntryId first = heap_.first_unpinned(pins);
      if (first != kNoEntry) return first;
    }
    if (asks_model && asked_at_ != evictions_) fill_tail();
    const Candidate* worst = nullptr;
    for (const Candidate& candidate : tail_) {
      if (pins.is_pinned(candidate.id)) continue;
      if (worst == nullptr || (asks_model ? candidate.score < worst->score : candidate.rank < worst->rank))
        worst = &candidate;
    }
    if (worst != nullptr && asks_model) return worst->id;
    const EntryId first = heap_.first_unpinned(pins);
    if (first == kNoEntry || (worst != nullptr && worst->rank < heap_.key(first)))
      return worst == nullptr ? kNoEntry : worst->id;
    return first;
  }

  void prefetch(EntryId id) const {
    heap_.prefetch(id);
    if (index_of(id) < entries_.size()) prefetch_line(&entries_[index_of(id)]);
  }

  void report_facts(std::map<std::string, double>& facts) const override {
    predictor_.report_facts(facts);
    facts["candidates"] = static_cast<double>(tail_.size());
    facts["spared"] = static_cast<double>(spared_);
  }

 private:
  static constexpr std::uint8_t kNowhere = 0xFF;
  static constexpr std::uint64_t kPatience = 8;  // evictions for each candidate that one is spared
  // Values are not negative, so they order like their bits and one comparison decides.
  class Rank {
   public:
    Rank() = default;
    Rank(double value, std::uint64_t touched)
        : touched_(touched), bits_(std::bit_cast<std::uint64_t>(value)) {}
    [[nodiscard]] double value() const { return std::bit_cast<double>(bits_); }
    [[nodiscard]] std::uint64_t touched() const { return touched_; }
    bool operator==(const Rank&) const = default;
    bool operator<(const Rank& other) const { return whole() < other.whole(); }

   private:
    __extension__ using Wide = unsigned __int128;
    [[nodiscard]] Wide whole() const { return static_cast<Wide>(bits_) << 64 | touched_; }
    std::uint64_t touched_ = 0;
    std::uint64_t bits_ = 0;
  };
  struct Entry {
    float worth = 0;  ///< loss per byte
    std::uint32_t uses = 0;
    std::uint16_t group = 0;        ///< LightPredictor's
    std::uint8_t place = kNowhere;  ///< among the candidates
  };
  struct Candidate {
    EntryId id;
    Rank rank;
    double score;
    std::uint64_t since;  ///< evictions when it came
  };

  Rank touch(EntryId id, const AccessInfo& access) {
    Entry& entry = entries_[index_of(id)];
    ++entry.uses;
    if (access.loss != loss_ || access.bytes != bytes_ || access.kind != kind_)
        [[unlikely]] {  // often all are alike
      loss_ = access.loss;
      bytes_ = access.bytes;
      kind_ = access.kind;
      group_ = static_cast<std::uint16_t>(LightPredictor::group_of(kind_, bytes_));
      worth_ = static_cast<double>(std::max<std::int64_t>(1, loss_.count())) /
               static_cast<double>(std::max<std::uint64_t>(1, bytes_.value));
    }
    entry.worth = static_cast<float>(worth_);
    entry.group = group_;
    predictor_.on_access(id, access, entry.uses);
    return {floor_ + static_cast<double>(entry.uses) * worth_, ++clock_};
  }

  [[nodiscard]] double score_of(EntryId id, const Rank& rank) const {
    const Entry& entry = entries_[index_of(id)];
    return predictor_.chance(LightPredictor::class_of(entry.group, entry.uses), clock_ - rank.touched()) *
           static_cast<double>(entry.worth);
  }

  void leave_tail(EntryId id) {
    const std::uint8_t place = std::exchange(entries_[index_of(id)].place, kNowhere);
    if (place + std::size_t{1} != tail_.size()) {
      tail_[place] = tail_.back();
      entries_[index_of(tail_[place].id)].place = place;
    }
    tail_.pop_back();
  }

  // Takes the worst of the order; looks at one candidate anew, which goes back when it was spared for long.
  void fill_tail() {
    asked_at_ = evictions_;
    if (!tail_.empty()) {
      hand_ = hand_ + 1 < tail_.size() ? hand_ + 1 : 0;
      Candidate& candidate = tail_[hand_];
      candidate.score = score_of(candidate.id, candidate.rank);
      if (evictions_ - candidate.since > kPatience * candidates_) {
        const EntryId id = candidate.id;
        const Entry& entry = entries_[index_of(id)];
        const double again = floor_ + static_cast<double>(entry.uses) * static_cast<double>(entry.worth);
        const Rank rank(again, candidate.rank.touched());
        leave_tail(id);
        heap_.push(id, rank);
        ++spared_;
      }
    }
    while (tail_.size() < candidates_ && !heap_.empty()) {
      const EntryId id = heap_.top();
      const Rank rank = heap_.key(id);
      heap_.erase(id);
      entries_[index_of(id)].place = static_cast<std::uint8_t>(tail_.size());
      tail_.push_back({.id = id, .rank = rank, .score = score_of(id, rank), .since = evictions_});
    }
  }

  const std::size_t candidates_;
  const std::uint64_t every_;
  const bool uses_model_;
  LightPredictor predictor_;
  IndexedHeap<Rank> heap_;
  std::vector<Entry> entries_;  // by id
  std::vector<Candidate> tail_;
  std::size_t hand_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t asked_at_ = UINT64_MAX;  // evictions when the tail was last filled
  std::uint64_t spared_ = 0;
  std::uint64_t clock_ = 0;
  double floor_ = 0;
  Nanoseconds loss_{0};  // of the last access, with
  Bytes bytes_{0};
  ArtefactKind kind_ = ArtefactKind::kObject;
  std::uint16_t group_ = 0;
  double worth_ = 0;  // loss per byte
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Predictive>(
        {.name = "predictive",
         .summary = "reranks the tail of a cost-aware order by predicted reuse times loss per byte",
         .source =
             "the seed documents; rank and confirm after Yang et al.: A learned cache eviction framework "
             "with minimal overhead (MAT), 2023",
         .random = true,
         .uses_profile = true,
         .parameters = {
             {"candidates", 16, 1, 64, "entries at the tail of the order among which the predictor chooses"},
             {"window", 100000, 16, 1e9, "accesses within which a reuse counts"},
             {"every", 8, 1, 1e6, "the predictor is asked at one eviction of so many"},
             {"sample", 7, 0, 20, "the predictor learns from one id of 2 to this power"},
             {"model", 1, 0, 1, "0: the cost-aware order alone"}}})});

}  // namespace
}  // namespace cachebench::policy
