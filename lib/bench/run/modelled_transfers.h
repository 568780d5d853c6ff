// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "cache/compression/encoded_tensor.h"
#include "cache/transfers.h"
#include "hardware/cost.h"

namespace cachebench::bench {

/// A simulation's transfers: no bytes, but the copies that a real run makes in the background (demotions,
/// write-downs, fetches ahead) occupy the modelled links. Promotions are the hits' own transfers and are not
/// repeated.
class ModelledTransfers final : public cache::Transfers {
 public:
  /// `occupy` is told the stages of one background copy, under the manager's lock.
  ModelledTransfers(const hardware::CostModel& costs, std::vector<hardware::Medium> media,
                    std::function<void(const hardware::Stages&)> occupy)
      : costs_(costs), media_(std::move(media)), occupy_(std::move(occupy)) {}

  std::unique_ptr<cache::PlannedTransfers> plan(std::span<const cache::Move> moves,
                                                const cache::Directory& directory,
                                                const TensorView*) override {
    for (const cache::Move& move : moves) {
      const cache::EntryDescription& what = directory[move.id].what;
      if (move.ahead) {
        occupy_(costs_.fetch(resting(move.from, move.from_form, what), what.bytes));
        continue;
      }
      const bool downwards =
          move.from != Level::kNone && move.to != Level::kNone && index_of(move.to) > index_of(move.from);
      const bool written_through = move.from == Level::kNone && index_of(move.to) > 0;
      if (!downwards && !written_through) continue;
      const hardware::Resting from = downwards ? resting(move.from, move.from_form, what)
                                               : resting(Level::kL1, tier::Encoding::kPlain, what);
      const hardware::Resting to = resting(move.to, move.to_form, what);
      if (from.medium != to.medium) occupy_(costs_.copy(from, to, what.bytes));
    }
    return nullptr;
  }
  void start(std::unique_ptr<cache::PlannedTransfers>) override {}
  [[nodiscard]] cache::CopyPtr copy_at(EntryId, Level) const override { return nullptr; }
  void adopt(EntryId, Level, cache::CopyPtr) override {}
  void drain() override {}

 private:
  [[nodiscard]] hardware::Resting resting(Level level, tier::Encoding form,
                                          const cache::EntryDescription& what) const {
    const bool plain = form == tier::Encoding::kPlain;
    return {.medium = media_[index_of(level)],
            .bytes = plain ? what.bytes : cache::stored_bytes(form, what.meta),
            .form = static_cast<std::uint8_t>(form)};
  }

  const hardware::CostModel& costs_;
  std::vector<hardware::Medium> media_;
  std::function<void(const hardware::Stages&)> occupy_;
};

}  // namespace cachebench::bench
