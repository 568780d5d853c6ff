// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/prefetch.h"

/// How many bytes are taken at each step of a time line: whether a stretch has room, and taking it, in O(log
/// n) and mostly much less: a tree over blocks of steps, in which only what is higher than ever before
/// climbs. Bytes are never given back. 8 bytes a step and a little. Thread-compatible; callers pass stretches
/// within the line.
namespace cachebench::policy {

class Occupancy {
 public:
  explicit Occupancy(std::size_t steps);
  /// Whether more than `limit` is taken at any step of [from, to). REQUIRES: from < to <= steps.
  [[nodiscard]] bool exceeds(std::size_t from, std::size_t to, std::uint64_t limit) const;
  /// The same `from` and `to`.
  void add(std::size_t from, std::size_t to, std::uint64_t bytes);
  /// Asks from memory what both need, ahead of them.
  void prefetch(std::size_t from, std::size_t to) const {
    for (const std::size_t step : {from, to - 1}) {
      prefetch_line(&steps_[step]);
      prefetch_line(&nodes_[leaf_of(step)]);
    }
  }

 private:
  static constexpr std::size_t kBlock = 32;  // steps a leaf: a few cache lines to walk, 32 times fewer nodes
  struct Node {
    std::uint64_t most = 0;   // within, what is added to all of it included
    std::uint64_t added = 0;  // to all of it
  };

  [[nodiscard]] std::size_t leaf_of(std::size_t step) const { return blocks_ + step / kBlock; }
  [[nodiscard]] std::uint64_t most_of_steps(std::size_t from, std::size_t to) const;
  void add_to_steps(std::size_t from, std::size_t to, std::uint64_t bytes);
  void add_to_all(std::size_t node, std::uint64_t bytes);
  bool pull(std::size_t node);

  std::vector<std::uint64_t> steps_;  // by step, without what is added to whole nodes
  std::size_t blocks_ = 1;            // a power of two
  std::vector<Node> nodes_;           // children of n: 2n, 2n + 1; leaves from `blocks_` on
};

}  // namespace cachebench::policy
