// SPDX-License-Identifier: Apache-2.0
#include "core/huge_pages.h"
#include "core/prefetch.h"
#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Least frequently used with dynamic aging: evicts the least L + F, F the uses since insertion and L the
/// rank of the last one evicted, so that what was popular once does not stay for ever. Equal ranks evict the
/// least recently touched. GDSF without sizes and costs. O(1) a hit, O(log n) an eviction; 24 bytes an id, 24
/// an entry.
class LfuDa final : public EvictionPolicy {
 public:
  LfuDa(const EvictionContext& context, const Parameters&) {
    heap_.reserve(context.expected_entries);
    resize_huge(uses_, context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo&) override {
    if (index_of(id) >= uses_.size()) [[unlikely]] {
      uses_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * uses_.size()));
    }
    uses_[index_of(id)] = 1;
    heap_.push(id, {floor_ + 1, ++clock_});
  }
  void on_hit(EntryId id, const AccessInfo&) override {
    heap_.raise(id, {floor_ + ++uses_[index_of(id)], ++clock_});
  }
  void on_erase(EntryId id, EraseReason reason) override {
    // With pins one may leave that is not the least; the floor never falls.
    if (reason == EraseReason::kEvicted) floor_ = std::max(floor_, heap_.key(id).value);
    heap_.erase(id);
  }

  EntryId victim(const PinSet& pins) override { return heap_.first_unpinned(pins); }
  void prefetch(EntryId id) const {
    heap_.prefetch(id);
    if (index_of(id) < uses_.size()) prefetch_line(&uses_[index_of(id)]);
  }

 private:
  struct Rank {
    std::uint64_t value = 0;
    std::uint64_t touched = 0;
    bool operator==(const Rank&) const = default;
    bool operator<(const Rank& other) const { return whole() < other.whole(); }

   private:
    __extension__ using Wide = unsigned __int128;
    [[nodiscard]] Wide whole() const { return static_cast<Wide>(value) << 64 | touched; }
  };

  IndexedHeap<Rank> heap_;
  std::vector<std::uint32_t> uses_;  // by id, since insertion
  std::uint64_t floor_ = 0;          // L
  std::uint64_t clock_ = 0;
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<LfuDa>(
        {.name = "lfu-da",
         .summary = "evicts the least frequency, aged by what was evicted before",
         .source = "Arlitt, Cherkasova, Dilley, Friedrich, Jin: Evaluating content management techniques for "
                   "web proxy caches, 2000"})});

}  // namespace
}  // namespace cachebench::policy
