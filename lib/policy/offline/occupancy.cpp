// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/occupancy.h"

#include <algorithm>
#include <bit>

namespace cachebench::policy {

Occupancy::Occupancy(std::size_t steps)
    : steps_(steps), blocks_(std::bit_ceil(steps / kBlock + 1)), nodes_(2 * blocks_) {}

std::uint64_t Occupancy::most(std::size_t from, std::size_t to) const {
  return most_in(1, {0, blocks_}, {from, to});
}

void Occupancy::add(std::size_t from, std::size_t to, std::uint64_t bytes) {
  add_in(1, {0, blocks_}, {from, to}, bytes);
}

std::uint64_t Occupancy::most_of_steps(Stretch steps) const {
  std::uint64_t most = 0;
  for (std::size_t i = steps.from; i < steps.to; ++i) most = std::max(most, steps_[i]);
  return most;
}

std::uint64_t Occupancy::most_in(std::size_t node, Stretch node_blocks, Stretch steps) const {
  const Stretch mine{node_blocks.from * kBlock, node_blocks.to * kBlock};
  if (steps.from <= mine.from && mine.to <= steps.to) return nodes_[node].most;
  const Stretch cut{std::max(steps.from, mine.from), std::min(steps.to, mine.to)};
  if (cut.from >= cut.to) return 0;
  if (node >= blocks_) return nodes_[node].added + most_of_steps(cut);
  const std::size_t middle = node_blocks.from + (node_blocks.to - node_blocks.from) / 2;
  const std::uint64_t left = most_in(2 * node, {node_blocks.from, middle}, steps);
  const std::uint64_t right = most_in(2 * node + 1, {middle, node_blocks.to}, steps);
  return nodes_[node].added + std::max(left, right);
}

void Occupancy::add_in(std::size_t node, Stretch node_blocks, Stretch steps, std::uint64_t bytes) {
  const Stretch mine{node_blocks.from * kBlock, node_blocks.to * kBlock};
  if (steps.from <= mine.from && mine.to <= steps.to) {
    nodes_[node].most += bytes;
    nodes_[node].added += bytes;
    return;
  }
  const Stretch cut{std::max(steps.from, mine.from), std::min(steps.to, mine.to)};
  if (cut.from >= cut.to) return;
  if (node >= blocks_) {
    for (std::size_t i = cut.from; i < cut.to; ++i) steps_[i] += bytes;
    nodes_[node].most = nodes_[node].added + most_of_steps({mine.from, std::min(mine.to, steps_.size())});
    return;
  }
  const std::size_t middle = node_blocks.from + (node_blocks.to - node_blocks.from) / 2;
  add_in(2 * node, {node_blocks.from, middle}, steps, bytes);
  add_in(2 * node + 1, {middle, node_blocks.to}, steps, bytes);
  nodes_[node].most = nodes_[node].added + std::max(nodes_[2 * node].most, nodes_[2 * node + 1].most);
}

}  // namespace cachebench::policy
