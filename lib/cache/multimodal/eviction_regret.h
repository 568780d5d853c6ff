// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "core/ids.h"

/// How well eviction chose: of the entries that were evicted for good (no tier kept a copy), the share that
/// nobody asked for again within the next `window` references. One whose window is not over yet, and that
/// was not asked for, is undecided and in neither. Holds what is undecided, at most one entry a reference of
/// the window. Thread-compatible; nothing fails.
namespace cachebench::cache {

class EvictionRegret {
 public:
  explicit EvictionRegret(std::uint64_t window) : window_(window) {}
  void evicted(EntryId id, std::uint64_t sequence);
  /// The entry was asked for and was not there.
  void missed(EntryId id, std::uint64_t sequence);

  struct Counts {
    std::uint64_t evicted = 0;
    std::uint64_t asked_again = 0;  ///< within the window
    std::uint64_t let_go = 0;       ///< not within it
    /// let_go / (asked_again + let_go); nothing while all are undecided.
    [[nodiscard]] std::optional<double> efficiency() const;
    Counts& operator+=(const Counts& other);
  };
  /// As of a reference.
  [[nodiscard]] Counts counts(std::uint64_t sequence);
  /// Forgets everything.
  void reset();
  [[nodiscard]] std::uint64_t window() const { return window_; }
  [[nodiscard]] std::size_t undecided() const { return open_.size(); }

 private:
  struct Evicted {
    EntryId id;
    std::uint64_t at;
  };
  void settle(std::uint64_t sequence);

  std::uint64_t window_;
  Counts counts_;
  std::deque<Evicted> order_;                        ///< oldest first; those asked for again too
  std::unordered_map<EntryId, std::uint64_t> open_;  ///< undecided, with their eviction
};

}  // namespace cachebench::cache
