// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// How many bytes are taken at each step of a time line, with the most over any stretch and adding to any
/// stretch in O(log n): a tree over blocks of steps. 8 bytes a step and a little. Thread-compatible; callers
/// pass stretches within the line.
namespace cachebench::policy {

class Occupancy {
 public:
  explicit Occupancy(std::size_t steps);
  /// The most taken at any step of [from, to). REQUIRES: from < to <= steps.
  [[nodiscard]] std::uint64_t most(std::size_t from, std::size_t to) const;
  void add(std::size_t from, std::size_t to, std::uint64_t bytes);

 private:
  static constexpr std::size_t kBlock = 32;  // steps a leaf: a few cache lines to walk, 32 times fewer nodes
  struct Node {
    std::uint64_t most = 0;   // within, what is added to all of it included
    std::uint64_t added = 0;  // to all of it
  };
  struct Stretch {
    std::size_t from;
    std::size_t to;
  };

  [[nodiscard]] std::uint64_t most_in(std::size_t node, Stretch node_blocks, Stretch steps) const;
  void add_in(std::size_t node, Stretch node_blocks, Stretch steps, std::uint64_t bytes);
  [[nodiscard]] std::uint64_t most_of_steps(Stretch steps) const;

  std::vector<std::uint64_t> steps_;  // by step, without what is added to whole nodes
  std::size_t blocks_ = 1;            // a power of two
  std::vector<Node> nodes_;           // children of n: 2n, 2n + 1
};

}  // namespace cachebench::policy
