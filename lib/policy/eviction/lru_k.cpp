// SPDX-License-Identifier: Apache-2.0
#include "core/huge_pages.h"
#include "core/prefetch.h"
#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// LRU-K: evicts the entry whose K-th last use is longest ago; entries used fewer than K times go first, the
/// least recently used of them before the others. The uses of evicted entries are remembered for
/// `history` accesses a resident, then they start anew. Uses at consecutive accesses count
/// each (no correlated period). O(1) a hit, O(log n) an eviction; 8 + 8·K bytes an id, 24 an entry.
class LruK final : public EvictionPolicy {
 public:
  LruK(const EvictionContext& context, const Parameters& parameters)
      : k_(static_cast<std::size_t>(parameters.get("k"))), history_(parameters.get("history")) {
    heap_.reserve(context.expected_entries);
    resize_huge(uses_, context.expected_entries * k_);
  }

  void on_insert(EntryId id, const AccessInfo&) override {
    if ((index_of(id) + 1) * k_ > uses_.size()) [[unlikely]] {
      uses_.resize(std::max((index_of(id) + 1) * k_, 2 * uses_.size()));
    }
    ++clock_;
    std::uint64_t* const uses = uses_of(id);
    const double limit = history_ * static_cast<double>(heap_.size() + 1);
    if (static_cast<double>(clock_ - uses[0]) > limit) std::fill_n(uses, k_, 0);
    use(uses);
    heap_.push(id, rank_of(uses));
  }

  void on_hit(EntryId id, const AccessInfo&) override {
    ++clock_;
    std::uint64_t* const uses = uses_of(id);
    use(uses);
    heap_.raise(id, rank_of(uses));
  }

  void on_erase(EntryId id, EraseReason reason) override {
    heap_.erase(id);
    if (reason == EraseReason::kRemoved) std::fill_n(uses_of(id), k_, 0);
  }

  EntryId victim(const PinSet& pins) override { return heap_.first_unpinned(pins); }
  void prefetch(EntryId id) const {
    heap_.prefetch(id);
    if ((index_of(id) + 1) * k_ <= uses_.size()) prefetch_line(&uses_[index_of(id) * k_]);
  }

 private:
  struct Rank {
    std::uint64_t kth_last = 0;  // number of the access, 0 when there were fewer
    std::uint64_t last = 0;
    auto operator<=>(const Rank&) const = default;
  };

  // Numbers of its last k accesses, the latest first; 0 for none.
  std::uint64_t* uses_of(EntryId id) { return &uses_[index_of(id) * k_]; }
  void use(std::uint64_t* uses) const {
    for (std::size_t i = k_ - 1; i > 0; --i) uses[i] = uses[i - 1];
    uses[0] = clock_;
  }
  [[nodiscard]] Rank rank_of(const std::uint64_t* uses) const { return {uses[k_ - 1], uses[0]}; }

  std::size_t k_;
  double history_;
  IndexedHeap<Rank> heap_;
  std::vector<std::uint64_t> uses_;  // k_ an id
  std::uint64_t clock_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<LruK>(
        {.name = "lru-k",
         .summary = "evicts the entry whose K-th last use is longest ago",
         .source =
             "O'Neil, O'Neil, Weikum: The LRU-K page replacement algorithm for database disk buffering, "
             "SIGMOD 1993",
         .parameters = {{"k", 2, 1, 8, "uses looked back; 1 is lru"},
                        {"history", 10, 0, 1e9,
                         "accesses that uses of an evicted entry are remembered, for each resident"}}})});

}  // namespace
}  // namespace cachebench::policy
