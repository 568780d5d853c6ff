// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/occupancy.h"

#include <algorithm>
#include <bit>

namespace cachebench::policy {

Occupancy::Occupancy(std::size_t steps)
    : steps_(steps), blocks_(std::bit_ceil(steps / kBlock + 1)), nodes_(2 * blocks_) {}

std::uint64_t Occupancy::most_of_steps(std::size_t from, std::size_t to) const {
  std::uint64_t most = 0;
  for (std::size_t i = from; i < to; ++i) most = std::max(most, steps_[i]);
  return most;
}

// From the root down: the node that holds the whole stretch may have room for it at once, and of the nodes
// within the stretch the largest, which say most, come first.
bool Occupancy::exceeds(std::size_t from, std::size_t to, std::uint64_t limit) const {
  const std::size_t first = leaf_of(from);
  const std::size_t last = leaf_of(to - 1);
  const int height = static_cast<int>(std::bit_width(blocks_)) - 1;
  const int common = static_cast<int>(std::bit_width(first ^ last));
  std::uint64_t above = 0;
  for (int level = height; level > common; --level) above += nodes_[first >> level].added;
  const Node& top = nodes_[first >> common];
  if (above + top.most <= limit) return false;
  above += top.added;
  if (common == 0) return above + most_of_steps(from, to) > limit;
  std::uint64_t left = above;
  std::uint64_t right = above;
  for (int level = common - 1; level >= 0; --level) {
    const std::size_t a = first >> level;
    const std::size_t b = last >> level;
    if (level + 1 != common) {
      if (a % 2 == 0 && left + nodes_[a + 1].most > limit) return true;
      if (b % 2 == 1 && right + nodes_[b - 1].most > limit) return true;
    }
    left += nodes_[a].added;
    right += nodes_[b].added;
  }
  return left + most_of_steps(from, (first - blocks_ + 1) * kBlock) > limit ||
         right + most_of_steps((last - blocks_) * kBlock, to) > limit;
}

void Occupancy::add(std::size_t from, std::size_t to, std::uint64_t bytes) {
  std::size_t a = leaf_of(from);
  std::size_t b = leaf_of(to - 1);
  if (a == b) {
    add_to_steps(from, to, bytes);
  } else {
    add_to_steps(from, (a - blocks_ + 1) * kBlock, bytes);
    add_to_steps((b - blocks_) * kBlock, to, bytes);
    for (; a / 2 != b / 2; a /= 2, b /= 2) {
      if (a % 2 == 0) add_to_all(a + 1, bytes);
      if (b % 2 == 1) add_to_all(b - 1, bytes);
      static_cast<void>(pull(a / 2));
      static_cast<void>(pull(b / 2));
    }
  }
  while (a > 1 && pull(a / 2)) a /= 2;
}

// Of one leaf.
void Occupancy::add_to_steps(std::size_t from, std::size_t to, std::uint64_t bytes) {
  std::uint64_t most = 0;
  for (std::size_t i = from; i < to; ++i) most = std::max(most, steps_[i] += bytes);
  Node& leaf = nodes_[leaf_of(from)];
  leaf.most = std::max(leaf.most, leaf.added + most);
}

void Occupancy::add_to_all(std::size_t node, std::uint64_t bytes) {
  nodes_[node].most += bytes;
  nodes_[node].added += bytes;
}

// Whether the node's most has risen by what its children hold.
bool Occupancy::pull(std::size_t node) {
  Node& parent = nodes_[node];
  const std::uint64_t most = parent.added + std::max(nodes_[2 * node].most, nodes_[2 * node + 1].most);
  const bool risen = most > parent.most;
  parent.most = most;
  return risen;
}

}  // namespace cachebench::policy
