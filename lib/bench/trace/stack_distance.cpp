// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/stack_distance.h"

#include <algorithm>
#include <numeric>

#include "core/check.h"

namespace cachebench::bench {
namespace {

constexpr std::size_t kFirstPlaces = 4096;

}  // namespace

StackDistance::StackDistance() : tree_(kFirstPlaces) {}

void StackDistance::add(std::size_t place, std::int32_t by) {
  for (; place < tree_.size(); place += place & (~place + 1)) tree_[place] += by;
}

std::uint64_t StackDistance::sum_to(std::size_t place) const {
  std::uint64_t sum = 0;
  for (; place > 0; place &= place - 1) sum += static_cast<std::uint64_t>(tree_[place]);
  return sum;
}

// Live places move together at the front, in order; the tree has room for as many again.
void StackDistance::renumber() {
  std::vector<std::uint32_t> ids(tree_.size(), UINT32_MAX);
  for (std::uint32_t id = 0; id < place_.size(); ++id) {
    if (place_[id] != kNever) ids[place_[id]] = id;
  }
  next_ = 1;
  for (const std::uint32_t id : ids) {
    if (id != UINT32_MAX) place_[id] = next_++;
  }
  CACHEBENCH_CHECK(live_ < UINT32_MAX / 4, "{} distinct objects", live_);
  tree_.assign(std::max(kFirstPlaces, live_ * 4), 0);
  // Each node takes what lies in its range: built in one pass.
  for (std::size_t i = 1; i < tree_.size(); ++i) {
    tree_[i] += i < next_ ? 1 : 0;
    const std::size_t parent = i + (i & (~i + 1));
    if (parent < tree_.size()) tree_[parent] += tree_[i];
  }
}

std::uint64_t StackDistance::access(EntryId id) {
  const std::uint32_t index = index_of(id);
  if (index >= place_.size()) place_.resize(std::max<std::size_t>(index + 1U, place_.size() * 2), kNever);
  if (next_ >= tree_.size()) renumber();
  std::uint64_t distance = 0;
  if (const std::uint32_t last = place_[index]; last != kNever) {
    distance = live_ - sum_to(last - 1);
    add(last, -1);
  } else {
    ++live_;
  }
  place_[index] = next_;
  add(next_, 1);
  ++next_;
  return distance;
}

}  // namespace cachebench::bench
