// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "core/huge_pages.h"
#include "core/prefetch.h"
#include "policy/indexed_heap.h"
#include "policy/one_tier/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// Greedy dual, size and frequency: evicts the least L + F·C/S, F the uses since insertion, C what computing
/// it again costs, S its size, and L the rank of the last one evicted, which ages the others. Equal ranks
/// evict the least recently touched. As long as all entries are alike, ranks are kept in units of C/S, so
/// that sums are exact and no rounding tells equal ones apart. O(1) a hit (ranks only grow until they are
/// looked at), O(log n) an eviction; 32 bytes an id, 32 an entry.
class Gdsf final : public EvictionPolicy {
 public:
  Gdsf(const EvictionContext& context, const Parameters&) {
    heap_.reserve(context.expected_entries);
    resize_huge(uses_, context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    if (index_of(id) >= uses_.size()) [[unlikely]] {
      uses_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * uses_.size()));
    }
    uses_[index_of(id)] = 1;
    heap_.push(id, rank_of(1, access));
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    const Rank rank = rank_of(++uses_[index_of(id)], access);
    if (rank < heap_.key(id)) [[unlikely]] {
      heap_.update(id, rank);  // it has grown, or become cheap to compute
    } else {
      heap_.raise(id, rank);
    }
  }

  void on_erase(EntryId id, EraseReason reason) override {
    // With pins one may leave that is not the least; the floor never falls.
    if (reason == EraseReason::kEvicted) floor_ = std::max(floor_, heap_.key(id).value());
    heap_.erase(id);
  }

  EntryId victim(const PinSet& pins) override { return heap_.first_unpinned(pins); }
  void prefetch(EntryId id) const {
    heap_.prefetch(id);
    if (index_of(id) < uses_.size()) prefetch_line(&uses_[index_of(id)]);
  }

 private:
  // Doubles that are not negative order like their bits, so that one comparison of 128 bits decides.
  class Rank {
   public:
    Rank() = default;
    Rank(double value, std::uint64_t touched)
        : touched_(touched), bits_(std::bit_cast<std::uint64_t>(value)) {}
    [[nodiscard]] double value() const { return std::bit_cast<double>(bits_); }
    [[nodiscard]] Rank times(double factor) const { return {value() * factor, touched_}; }
    bool operator==(const Rank&) const = default;
    bool operator<(const Rank& other) const { return whole() < other.whole(); }

   private:
    __extension__ using Wide = unsigned __int128;
    [[nodiscard]] Wide whole() const { return static_cast<Wide>(bits_) << 64 | touched_; }

    std::uint64_t touched_ = 0;
    std::uint64_t bits_ = 0;
  };

  Rank rank_of(std::uint32_t uses, const AccessInfo& access) {
    if (access.bytes != size_ || access.cost != cost_) [[unlikely]]
      see_another(access);
    if (alike_) return {floor_ + static_cast<double>(uses), ++clock_};
    return {floor_ + density(uses, access.cost, access.bytes), ++clock_};
  }

  // Costs per byte are small, so they are scaled; the order of the operations is the reference's, which
  // decides where sums that should be equal are not.
  static double density(std::uint32_t uses, Nanoseconds cost, Bytes size) {
    return static_cast<double>(uses) * (1e6 * static_cast<double>(std::max<std::int64_t>(cost.count(), 1))) /
           static_cast<double>(std::max<std::uint64_t>(size.value, 1));
  }

  // Something unlike the first: from now on ranks are cost per byte.
  void see_another(const AccessInfo& access) {
    if (alike_ && clock_ != 0) {
      const double unit = density(1, cost_, size_);
      floor_ *= unit;
      heap_.transform([unit](const Rank& rank) { return rank.times(unit); });
      alike_ = false;
    }
    size_ = access.bytes;
    cost_ = access.cost;
  }

  IndexedHeap<Rank> heap_;
  std::vector<std::uint32_t> uses_;  // by id, since insertion
  double floor_ = 0;                 // L
  std::uint64_t clock_ = 0;
  bool alike_ = true;  // every entry so far has size_ and cost_; afterwards those are the last one's
  Bytes size_{0};
  Nanoseconds cost_{0};
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Gdsf>(
        {.name = "gdsf",
         .summary = "evicts the least frequency times cost per byte, aged by what was evicted before",
         .source = "Cherkasova: Improving WWW proxies performance with greedy-dual-size-frequency caching "
                   "policy, 1998",
         .uses_profile = true})});

}  // namespace
}  // namespace cachebench::policy
