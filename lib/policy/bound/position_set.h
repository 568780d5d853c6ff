// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/check.h"

/// A set of positions below a fixed number, made for "which is the last": a bit a position, and above it,
/// level by level, a bit for each word of 64 that is not empty. Insert, erase and last are O(log64 n), nearly
/// always the lowest level alone; 1.02 bits a position. Owned by one policy; one thread. A position out of
/// range is a programmer error, checked in debug builds.
namespace cachebench::policy {

class PositionSet {
 public:
  /// Holds positions below `count`.
  explicit PositionSet(std::size_t count) {
    do {
      count = (count + 63) / 64;
      levels_.emplace_back(count);
    } while (count > 1);
  }

  void insert(std::size_t position) {
    for (std::vector<std::uint64_t>& level : levels_) {
      CACHEBENCH_DCHECK(position / 64 < level.size(), "position {} is out of range", position);
      std::uint64_t& word = level[position / 64];
      const bool was_empty = word == 0;
      word |= std::uint64_t{1} << (position % 64);
      if (!was_empty) return;
      position /= 64;
    }
  }

  /// Absent positions stay absent.
  void erase(std::size_t position) {
    for (std::vector<std::uint64_t>& level : levels_) {
      CACHEBENCH_DCHECK(position / 64 < level.size(), "position {} is out of range", position);
      std::uint64_t& word = level[position / 64];
      word &= ~(std::uint64_t{1} << (position % 64));
      if (word != 0) return;
      position /= 64;
    }
  }

  [[nodiscard]] bool contains(std::size_t position) const {
    return (levels_.front()[position / 64] >> (position % 64) & 1U) != 0;
  }

  /// The largest member.
  [[nodiscard]] std::optional<std::size_t> last() const {
    if (levels_.back().empty() || levels_.back().front() == 0) return std::nullopt;
    return last_below(levels_.size(), 0);
  }

  /// The largest member before `position`.
  [[nodiscard]] std::optional<std::size_t> previous(std::size_t position) const {
    for (std::size_t depth = 0; depth < levels_.size(); ++depth) {
      const std::uint64_t before =
          levels_[depth][position / 64] & ((std::uint64_t{1} << (position % 64)) - 1);
      position /= 64;
      if (before != 0) return last_below(depth, 64 * position + top_bit(before));
    }
    return std::nullopt;
  }

 private:
  static std::size_t top_bit(std::uint64_t word) {
    return static_cast<std::size_t>(std::bit_width(word)) - 1;
  }

  // The largest member under the word of that number, `depth` levels up.
  [[nodiscard]] std::size_t last_below(std::size_t depth, std::size_t word) const {
    while (depth-- > 0) word = 64 * word + top_bit(levels_[depth][word]);
    return word;
  }

  std::vector<std::vector<std::uint64_t>> levels_;  // lowest first; the last has one word
};

}  // namespace cachebench::policy
