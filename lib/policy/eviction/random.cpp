// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "core/rng.h"
#include "policy/describe_eviction.h"

namespace cachebench::policy {
namespace {

/// A resident entry drawn uniformly. O(1), or O(pinned entries) where some are pinned; 4 bytes an id and 4 an
/// entry.
class Random final : public EvictionPolicy {
 public:
  Random(const EvictionContext& context, const Parameters&) : rng_(context.seed) {
    place_.resize(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo&) override {
    if (index_of(id) >= place_.size()) [[unlikely]] {
      place_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * place_.size()));
    }
    place_[index_of(id)] = static_cast<std::uint32_t>(resident_.size());
    resident_.push_back(id);
  }
  void on_hit(EntryId, const AccessInfo&) override {}
  void on_erase(EntryId id, EraseReason) override {
    const std::uint32_t at = place_[index_of(id)];
    resident_[at] = resident_.back();
    place_[index_of(resident_[at])] = at;
    resident_.pop_back();
    if (id == drawn_) drawn_ = kNoEntry;
  }

  EntryId victim(const PinSet& pins) override {
    // Kept until it leaves: asking again draws nothing.
    if (drawn_ != kNoEntry && !pins.is_pinned(drawn_)) return drawn_;
    drawn_ = kNoEntry;
    if (resident_.empty()) return kNoEntry;
    const std::size_t start = rng_.below(resident_.size());
    for (std::size_t i = 0; i < resident_.size(); ++i) {
      const EntryId id = resident_[(start + i) % resident_.size()];
      if (!pins.is_pinned(id)) return drawn_ = id;
    }
    return kNoEntry;
  }

 private:
  Rng rng_;
  std::vector<EntryId> resident_;     // in no order
  std::vector<std::uint32_t> place_;  // by id: where in `resident_`
  EntryId drawn_ = kNoEntry;
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
