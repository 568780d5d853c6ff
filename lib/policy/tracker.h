// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.h"
#include "core/units.h"
#include "policy/access_info.h"

/// Watches the stream of accesses: how often an entry occurs among the last W accesses of all entries, when
/// it was used last and at what distance it comes back. Feeds migration, prediction and prefetch alike. O(1)
/// an access; 40 bytes an id and 4 a slot of the window. One thread; deterministic.
namespace cachebench::policy {

/// What is known of one entry.
struct AccessPattern {
  std::uint32_t in_window = 0;    ///< accesses among the last W
  std::uint32_t accesses = 0;     ///< in all, saturating
  std::uint64_t last_access = 0;  ///< number of its last access, from 1; 0 = never
  Nanoseconds last_time{0};       ///< of it, on the decision clock
  double mean_gap = 0;       ///< accesses of all entries between two of it, recent ones weighted; 0 = unknown
  double gap_deviation = 0;  ///< mean absolute deviation of those gaps
};

class AccessPatternTracker {
 public:
  /// REQUIRES: window > 0.
  explicit AccessPatternTracker(std::size_t window);

  void on_access(EntryId id, const AccessInfo& access);

  [[nodiscard]] std::size_t window() const { return ring_.size(); }
  /// Accesses seen in all.
  [[nodiscard]] std::uint64_t accesses() const { return accesses_; }
  /// All zero for an id never seen.
  [[nodiscard]] AccessPattern pattern(EntryId id) const;
  /// Accesses of `id` among the last W, the current one included.
  [[nodiscard]] std::uint32_t count(EntryId id) const { return pattern(id).in_window; }
  /// Time since its last access; nothing known counts as for ever.
  [[nodiscard]] Nanoseconds idle(EntryId id, Nanoseconds now) const;

  /// Entries with at least `threshold` accesses among the last W, ascending. O(W log W).
  [[nodiscard]] std::vector<EntryId> hot(std::uint32_t threshold) const;
  /// Entries seen at some time and idle for longer than `limit`, ascending. O(ids).
  [[nodiscard]] std::vector<EntryId> cold(Nanoseconds now, Nanoseconds limit) const;

 private:
  std::vector<EntryId> ring_;  // the last W accesses; slot n mod W holds access n
  std::vector<AccessPattern> patterns_;
  std::uint64_t accesses_ = 0;
};

}  // namespace cachebench::policy
