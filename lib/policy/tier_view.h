// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "core/ids.h"
#include "core/units.h"

/// What admission and migration may ask about the tiers while they decide on one entry. Implemented by the
/// cache; costs are modelled. Borrowed for the length of one question. One thread; no errors.
namespace cachebench::policy {

/// An entry that would have to leave a tier.
struct Victim {
  EntryId id = kNoEntry;
  Bytes bytes{};
  Nanoseconds loss{0};  ///< what its next use then costs more
};

class TierView {
 public:
  virtual ~TierView() = default;
  /// Serving an entry of that size from a tier, look-up apart.
  [[nodiscard]] virtual Nanoseconds fetch(Level level, Bytes bytes) const = 0;
  /// Writing an entry to `to`; `from` is kNone for a computed one, which starts where the first tier is.
  [[nodiscard]] virtual Nanoseconds write(Level from, Level to, Bytes bytes) const = 0;
  /// Who would leave to make room for so many bytes, in order; empty when there is room, and never more than
  /// kMaxVictims. Valid until the next call. A hand that the tier's eviction policy moves may move.
  [[nodiscard]] virtual std::span<const Victim> victims(Level level, Bytes bytes) = 0;
  static constexpr std::size_t kMaxVictims = 32;
  /// How long an entry stays unused in the tier before it is evicted, in accesses of all entries: running
  /// mean; infinite while the tier has evicted nothing.
  [[nodiscard]] virtual double residence(Level level) const = 0;
};

}  // namespace cachebench::policy
