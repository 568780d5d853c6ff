// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/ids.h"
#include "core/rng.h"

/// How often ids occurred, roughly, in memory that does not grow with the number of ids (Cormode,
/// Muthukrishnan 2005): each id adds to one counter in every row, its estimate is the least of them, so it is
/// never too low until counters saturate at 65535. Halving all counters now and then forgets the past. An
/// operation costs O(rows), halving O(entries). Owned by one policy, one thread; the same ids give the same
/// estimates on every machine. No errors.
namespace cachebench::policy {

class CountMinSketch {
 public:
  /// Made for about `entries` ids of interest. Ten rows of 1.44 counters an entry are a counting Bloom filter
  /// that takes an absent id for a present one once in a thousand; four rows are enough where that matters
  /// less.
  explicit CountMinSketch(std::size_t entries, std::uint32_t rows = 10)
      : rows_(std::max(rows, 1U)), width_(width_for(entries)), counters_(rows_ * width_) {}

  void add(EntryId id) {
    Probe probe = first(id);
    for (std::size_t row = 0; row < counters_.size(); row += width_) {
      std::uint16_t& counter = counters_[row + slot(probe)];
      counter = static_cast<std::uint16_t>(counter + (counter != kMost ? 1 : 0));
    }
  }

  [[nodiscard]] std::uint32_t estimate(EntryId id) const {
    Probe probe = first(id);
    std::uint16_t least = kMost;
    for (std::size_t row = 0; row < counters_.size(); row += width_) {
      least = std::min(least, counters_[row + slot(probe)]);
    }
    return least;
  }

  /// Halves every count, rounding down.
  void halve() {
    for (std::uint16_t& counter : counters_) counter = static_cast<std::uint16_t>(counter >> 1U);
  }

  [[nodiscard]] std::size_t bytes() const { return counters_.size() * sizeof(std::uint16_t); }

 private:
  static constexpr std::uint16_t kMost = std::numeric_limits<std::uint16_t>::max();

  // Two halves of one hash stand for a hash a row (Kirsch, Mitzenmacher 2006).
  struct Probe {
    std::uint32_t at;
    std::uint32_t step;
  };
  static Probe first(EntryId id) {
    const std::uint64_t hash = splitmix64(index_of(id));
    return {static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32U) | 1U};
  }
  // The slot in the next row.
  std::size_t slot(Probe& probe) const {
    const std::uint64_t scaled = std::uint64_t{probe.at} * width_;
    probe.at += probe.step;
    return static_cast<std::size_t>(scaled >> 32U);
  }

  static std::size_t width_for(std::size_t entries) {
    constexpr std::size_t kWidest = std::size_t{1} << 26U;
    return std::min(std::max<std::size_t>(2, entries + entries / 100 * 44 + entries % 100 * 44 / 100),
                    kWidest);
  }

  std::size_t rows_;
  std::size_t width_;  // of a row
  std::vector<std::uint16_t> counters_;
};

}  // namespace cachebench::policy
