// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "core/huge_pages.h"
#include "core/prefetch.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/sampling.h"

namespace cachebench::policy {
namespace {

/// A resident entry drawn uniformly. O(1), or O(pinned entries) where some are pinned; 4 bytes an id and 4 an
/// entry.
class Random final : public EvictionPolicy {
 public:
  Random(const EvictionContext& context, const Parameters&) : draws_(context.seed) {
    resize_huge(place_, context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo&) override {
    if (index_of(id) >= place_.size()) [[unlikely]] {
      place_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * place_.size()));
    }
    // Into the place of the one that left, mostly: then nobody else moves.
    if (hole_ == kNoHole) {
      hole_ = resident_.size();
      resident_.push_back(id);
    }
    resident_[hole_] = id;
    place_[index_of(id)] = static_cast<std::uint32_t>(hole_);
    hole_ = kNoHole;
  }
  void on_hit(EntryId, const AccessInfo&) override {}
  void on_erase(EntryId id, EraseReason) override {
    close_hole();
    hole_ = id == drawn_ ? drawn_at_ : place_[index_of(id)];
    if (id == drawn_) drawn_ = kNoEntry;
  }

  EntryId victim(const PinSet& pins) override {
    // Kept until it leaves: asking again draws nothing.
    if (drawn_ != kNoEntry && !pins.is_pinned(drawn_)) return drawn_;
    drawn_ = kNoEntry;
    close_hole();
    if (resident_.empty()) return kNoEntry;
    drawn_at_ = draws_.below(resident_.size());
    for (std::size_t i = 0; i < resident_.size(); ++i) {
      if (!pins.is_pinned(resident_[drawn_at_])) return drawn_ = resident_[drawn_at_];
      drawn_at_ = drawn_at_ + 1 < resident_.size() ? drawn_at_ + 1 : 0;
    }
    return kNoEntry;
  }
  void prefetch(EntryId id) const {
    if (index_of(id) < place_.size()) prefetch_line(&place_[index_of(id)]);
  }

 private:
  static constexpr std::size_t kNoHole = SIZE_MAX;

  // The last entry into the place of the one that left.
  void close_hole() {
    if (hole_ == kNoHole) return;
    resident_[hole_] = resident_.back();
    place_[index_of(resident_[hole_])] = static_cast<std::uint32_t>(hole_);
    if (resident_[hole_] == drawn_) drawn_at_ = hole_;
    resident_.pop_back();
    hole_ = kNoHole;
  }

  Draws draws_;
  std::vector<EntryId> resident_;     // in no order; the one at `hole_` has left
  std::vector<std::uint32_t> place_;  // by id: where in `resident_`
  std::size_t hole_ = kNoHole;
  EntryId drawn_ = kNoEntry;
  std::size_t drawn_at_ = 0;  // where in `resident_` it is
};

CACHEBENCH_REGISTER(
    EvictionDescriptor,
    {describe_eviction<Random>(
        {.name = "random",
         .summary = "evicts an entry drawn at random",
         .source = "Belady: A study of replacement algorithms for a virtual-storage computer, 1966",
         .random = true})});

}  // namespace
}  // namespace cachebench::policy
