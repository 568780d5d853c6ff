// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>

#include "core/det_math.h"
#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/tail_rank.h"

namespace cachebench::policy {
namespace {

/// By category of entries (their kind), a share p is used again, after a time that is exponential with rate
/// λ; both are learnt from the uses seen. An entry idle for a has then a probability of reuse within the next
/// τ of p(e^−λa − e^−λ(a+τ)) / (1 − p + p·e^−λa): the least goes first. It falls with a, so the candidates
/// are the longest idle of each category, tails of a request first. τ is how long entries have been staying
/// idle until evicted, a running mean. O(log n) a touch, O(categories) an eviction.
class CategoryHazard final : public EvictionPolicy {
 public:
  CategoryHazard(const EvictionContext& context, const Parameters& parameters)
      : by_kind_(parameters.get("kind") != 0), prior_(parameters.get("prior")) {
    history_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    Category& category = learn(id, access);
    category.idle.push(id, runs_.rank(static_cast<double>(base_), access.depth));
  }
  void on_hit(EntryId id, const AccessInfo& access) override {
    category_of(id).idle.erase(id);
    on_insert(id, access);
  }
  void on_erase(EntryId id, EraseReason reason) override {
    if (reason == EraseReason::kEvicted) {
      const auto stayed = static_cast<double>(now_ - std::min(now_, history_[id].last_use));
      lifespan_ = lifespan_ == 0 ? stayed : lifespan_ + (stayed - lifespan_) / 64;
    }
    category_of(id).idle.erase(id);
  }

  EntryId victim(const PinSet& pins) override {
    EntryId best = kNoEntry;
    double least = std::numeric_limits<double>::infinity();
    for (Category& category : categories_) {
      const EntryId id = category.idle.first_unpinned(pins);
      if (id == kNoEntry) continue;
      const double chance = chance_of(category, now_ - std::min(now_, history_[id].last_use));
      if (chance < least) {
        least = chance;
        best = id;
      }
    }
    return best;
  }

 private:
  struct Category {
    IndexedHeap<TailRank> idle;
    double uses = 0;
    double reuses = 0;
    double gaps = 0;
  };

  Category& category_of(EntryId id) { return categories_[kinds_[index_of(id)]]; }

  Category& learn(EntryId id, const AccessInfo& access) {
    if (index_of(id) >= kinds_.size()) {
      kinds_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * kinds_.size()));
    }
    kinds_[index_of(id)] = by_kind_ ? static_cast<std::uint8_t>(access.kind) : std::uint8_t{0};
    Category& category = category_of(id);
    const UseHistory::Past& past = history_.note(id, access);
    now_ = std::max({now_, access.sequence, past.last_use});
    if (runs_.touch(access)) base_ = past.last_use;
    category.uses += 1;
    if (past.uses > 1) {
      category.reuses += 1;
      category.gaps += static_cast<double>(past.gap);
    }
    return category;
  }

  [[nodiscard]] double chance_of(const Category& category, std::uint64_t idle) const {
    const double span = std::max(1.0, lifespan_);
    const double share = (category.reuses + prior_) / (category.uses + 2 * prior_);
    const double rate = (category.reuses + prior_) / (category.gaps + prior_ * span);
    const double still = share * det::exp(-rate * static_cast<double>(idle));
    return still * (1 - det::exp(-rate * span)) / (1 - share + still);
  }

  const bool by_kind_;
  const double prior_;
  std::array<Category, kArtefactKinds> categories_;
  std::vector<std::uint8_t> kinds_;  // by id
  UseHistory history_;
  RunClock runs_;
  std::uint64_t base_ = 0;
  std::uint64_t now_ = 0;
  double lifespan_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<CategoryHazard>(
        {.name = "category-hazard",
         .summary = "evicts the least probability of reuse, exponential with a rate and share for each kind",
         .source = "Wang et al.: KVCache cache in the wild, USENIX ATC 2025; the mixture is this project's",
         .parameters = {{"kind", 1, 0, 1, "0: one category for all"},
                        {"prior", 8, 0.001, 1e6, "uses that the assumption of evens counts as"}}})});

}  // namespace
}  // namespace cachebench::policy
