// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/extent_allocator.h"

#include <algorithm>
#include <iterator>

#include "core/check.h"

namespace cachebench::tier {

Extent ExtentAllocator::allocate(std::uint64_t bytes) {
  CACHEBENCH_CHECK(bytes > 0);
  allocated_ += bytes;
  const std::pair<std::uint64_t, std::uint64_t> least{bytes, 0};
  auto fit = before_.lower_bound(least);
  bool fits = fit != before_.end();
  if (!fits && end_ >= bound_) {
    fit = beyond_.lower_bound(least);
    fits = fit != beyond_.end();
  }
  if (!fits) {
    const Extent extent{end_, bytes};
    end_ += bytes;
    return extent;
  }
  const Extent gap{fit->second, fit->first};
  remove_gap(gap);
  if (gap.bytes > bytes) add_gap({gap.offset + bytes, gap.bytes - bytes});
  return {gap.offset, bytes};
}

void ExtentAllocator::prefer_before(std::uint64_t bound) {
  const auto [low, high] = std::minmax(bound_, bound);
  for (auto gap = by_offset_.lower_bound(low); gap != by_offset_.end() && gap->first < high; ++gap) {
    BySize& from = bound < bound_ ? before_ : beyond_;
    BySize& to = bound < bound_ ? beyond_ : before_;
    to.insert(from.extract({gap->second, gap->first}));
  }
  bound_ = bound;
}

void ExtentAllocator::take(const Extent& extent) {
  CACHEBENCH_CHECK(extent.offset >= end_ && extent.bytes > 0, "{} {}", extent.offset, end_);
  if (extent.offset > end_) add_gap({end_, extent.offset - end_});
  end_ = extent.end();
  allocated_ += extent.bytes;
}

void ExtentAllocator::free(const Extent& extent) {
  CACHEBENCH_CHECK(
      extent.bytes > 0 && extent.offset >= base_ && extent.end() <= end_ && extent.bytes <= allocated_,
      "{}+{} of {}", extent.offset, extent.bytes, end_);
  allocated_ -= extent.bytes;
  Extent gap = extent;
  const auto next = by_offset_.lower_bound(gap.offset);
  if (next != by_offset_.end()) {
    CACHEBENCH_CHECK(next->first >= gap.end(), "freed twice: {}", gap.offset);
    if (next->first == gap.end()) {
      const Extent after{next->first, next->second};
      remove_gap(after);
      gap.bytes += after.bytes;
    }
  }
  const auto following = by_offset_.lower_bound(gap.offset);
  if (following != by_offset_.begin()) {
    const auto before = std::prev(following);
    const Extent gap_before{before->first, before->second};
    CACHEBENCH_CHECK(gap_before.end() <= gap.offset, "freed twice: {}", gap.offset);
    if (gap_before.end() == gap.offset) {
      remove_gap(gap_before);
      gap = {gap_before.offset, gap_before.bytes + gap.bytes};
    }
  }
  if (gap.end() == end_) {
    end_ = gap.offset;
  } else {
    add_gap(gap);
  }
}

std::vector<Extent> ExtentAllocator::gaps() const {
  std::vector<Extent> result;
  result.reserve(by_offset_.size());
  for (const auto& [offset, bytes] : by_offset_) result.push_back({offset, bytes});
  return result;
}

void ExtentAllocator::add_gap(const Extent& gap) {
  by_offset_.emplace(gap.offset, gap.bytes);
  gaps_like(gap.offset).emplace(gap.bytes, gap.offset);
}

void ExtentAllocator::remove_gap(const Extent& gap) {
  by_offset_.erase(gap.offset);
  gaps_like(gap.offset).erase({gap.bytes, gap.offset});
}

}  // namespace cachebench::tier
