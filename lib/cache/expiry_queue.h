// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/ids.h"
#include "core/units.h"

/// When entries expire: a hierarchical timing wheel (Varghese, Lauck 1987) of eleven levels of 64 slots, so
/// that every nanosecond of 63 bits has a place. An entry sits at the level of the highest six bits in which
/// its deadline differs from the wheel's own time, and comes down at most ten levels before it is due:
/// setting, changing and expiring are O(1), however far the clock jumps. Deadlines come out in order, those
/// of the same nanosecond in the order in which they were set. Holds 16 bytes for each id up to the highest
/// that ever had a deadline. Thread-compatible; nothing fails.
namespace cachebench::cache {

class ExpiryQueue {
 public:
  static constexpr Nanoseconds kNever{std::numeric_limits<std::int64_t>::max()};

  ExpiryQueue();
  /// Room for ids below `count`, a hint.
  void reserve(std::size_t count) { nodes_.reserve(count); }
  /// The entry is due at `deadline`, later than every `now` asked about so far; replaces what was set before.
  /// kNever takes it out.
  void set(EntryId id, Nanoseconds deadline);
  /// Takes the next entry out whose deadline is at or before `now`; kNoEntry when there is none.
  [[nodiscard]] EntryId pop_due(Nanoseconds now);
  /// Whether `pop_due` may have something to do: false is certain. The cheap question before each access.
  [[nodiscard]] bool may_be_due(Nanoseconds now) const { return now.count() >= bound_; }
  /// kNever when none is set.
  [[nodiscard]] Nanoseconds deadline_of(EntryId id) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr int kBits = 6;
  static constexpr std::size_t kSlots = 1U << kBits;
  static constexpr std::size_t kLevels = 11;
  struct Node {
    EntryId previous = kNoEntry;
    EntryId next = kNoEntry;
    std::int64_t deadline = kNever.count();
  };
  struct Slot {
    EntryId first = kNoEntry;
    EntryId last = kNoEntry;
  };
  struct Place {
    std::size_t level;
    std::size_t slot;
  };
  [[nodiscard]] Place place_of(std::int64_t deadline) const;
  void link(EntryId id);
  void unlink(EntryId id);
  /// The first place that holds anything, and the time it begins at.
  [[nodiscard]] Place first_place() const;
  [[nodiscard]] std::int64_t begin_of(const Place& place) const;
  void refresh_bound();

  std::int64_t time_ = 0;  ///< what places are relative to; never ahead of the clock
  std::int64_t bound_ = kNever.count();
  std::size_t size_ = 0;
  std::array<std::uint64_t, kLevels> occupied_{};  ///< a bit a slot
  std::vector<Slot> slots_;
  std::vector<Node> nodes_;  ///< by id
};

}  // namespace cachebench::cache
