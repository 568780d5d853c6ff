// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "policy/describe_eviction.h"
#include "policy/indexed_heap.h"
#include "policy/prediction/light_predictor.h"

namespace cachebench::policy {
namespace {

/// An online learned ranking at the tail of a cost-aware order. The order is greedy dual by frequency and the
/// loss of this tier's copy per byte; of the entries at the front of its heap, `candidates` of them, a
/// predictor says how likely each is to be used again within the window, and those of the least probability
/// times loss per byte are evicted, a few from each look. Where the predictor has not earned trust, the order
/// alone decides. The predictor learns from one id of 2^`sample`, drawn by hash. O(log n) and a share of a
/// look an eviction.
class Predictive final : public EvictionPolicy {
 public:
  Predictive(const EvictionContext& context, const Parameters& parameters)
      : candidates_(static_cast<std::size_t>(parameters.get("candidates"))),
        batch_(std::max<std::size_t>(1, candidates_ / 4)),
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
    entries_[index_of(id)].uses = access.uses == 0 ? 0 : access.uses - 1;
    heap_.push(id, touch(id, access));
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    const Rank rank = touch(id, access);
    if (rank < heap_.key(id)) {
      heap_.update(id, rank);
    } else {
      heap_.raise(id, rank);
    }
    forget(id);
  }
  void on_erase(EntryId id, EraseReason reason) override {
    if (reason == EraseReason::kEvicted) floor_ = std::max(floor_, heap_.key(id).value);
    heap_.erase(id);
    forget(id);
  }

  EntryId victim(const PinSet& pins) override {
    while (next_ < chosen_count_ && chosen_[next_].id == kNoEntry) ++next_;
    for (std::size_t i = next_; i < chosen_count_; ++i) {
      if (chosen_[i].id != kNoEntry && !pins.is_pinned(chosen_[i].id)) return chosen_[i].id;
    }
    if (!uses_model_ || !predictor_.trusted()) return heap_.first_unpinned(pins);
    look(pins);
    return chosen_count_ != 0 ? chosen_[0].id : heap_.first_unpinned(pins);
  }

  void prefetch(EntryId id) const {
    heap_.prefetch(id);
    if (index_of(id) < entries_.size()) __builtin_prefetch(&entries_[index_of(id)]);
  }

  void report_facts(std::map<std::string, double>& facts) const override {
    predictor_.report_facts(facts);
    facts["looks"] = static_cast<double>(looks_);
  }

 private:
  static constexpr std::size_t kMost = 64;
  struct Rank {
    double value = 0;
    std::uint64_t touched = 0;
    bool operator==(const Rank&) const = default;
    bool operator<(const Rank& other) const {
      return value != other.value ? value < other.value : touched < other.touched;
    }
  };
  struct Entry {
    float worth = 0;  ///< loss per byte
    std::uint32_t uses = 0;
    std::uint32_t klass = 0;
  };
  struct Choice {
    double value = 0;
    EntryId id = kNoEntry;
  };

  Rank touch(EntryId id, const AccessInfo& access) {
    Entry& entry = entries_[index_of(id)];
    ++entry.uses;
    const double worth = static_cast<double>(std::max<std::int64_t>(1, access.loss.count())) /
                         static_cast<double>(std::max<std::uint64_t>(1, access.bytes.value));
    entry.worth = static_cast<float>(worth);
    entry.klass = LightPredictor::class_of(access, entry.uses);
    predictor_.on_access(id, access, entry.klass);
    return {.value = floor_ + static_cast<double>(entry.uses) * worth, .touched = ++clock_};
  }

  void forget(EntryId id) {
    for (std::size_t i = next_; i < chosen_count_; ++i) {
      if (chosen_[i].id == id) chosen_[i].id = kNoEntry;
    }
  }

  void look(const PinSet& pins) {
    ++looks_;
    next_ = 0;
    std::size_t found = 0;
    heap_.visit_early(candidates_, [&](EntryId id) {
      if (pins.is_pinned(id)) return;
      const Entry& entry = entries_[index_of(id)];
      const double chance = predictor_.chance(entry.klass, clock_ - heap_.key(id).touched);
      chosen_[found++] = {.value = chance * static_cast<double>(entry.worth), .id = id};
    });
    chosen_count_ = std::min(found, batch_);
    const auto by_value = [](const Choice& a, const Choice& b) {
      return a.value != b.value ? a.value < b.value : a.id < b.id;
    };
    const auto begin = chosen_.begin();
    std::partial_sort(begin, begin + static_cast<std::ptrdiff_t>(chosen_count_),
                      begin + static_cast<std::ptrdiff_t>(found), by_value);
  }

  const std::size_t candidates_;
  const std::size_t batch_;
  const bool uses_model_;
  LightPredictor predictor_;
  IndexedHeap<Rank> heap_;
  std::vector<Entry> entries_;  // by id
  std::array<Choice, kMost> chosen_{};
  std::size_t chosen_count_ = 0;  // victims of the last look, the next at `next_`
  std::size_t next_ = 0;
  std::uint64_t clock_ = 0;
  std::uint64_t looks_ = 0;
  double floor_ = 0;
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
         .parameters = {{"candidates", 16, 1, 64, "entries looked at; a quarter of them is evicted"},
                        {"window", 100000, 16, 1e9, "accesses within which a reuse counts"},
                        {"sample", 4, 0, 20, "the predictor learns from one id of 2 to this power"},
                        {"model", 1, 0, 1, "0: the cost-aware order alone"}}})});

}  // namespace
}  // namespace cachebench::policy
