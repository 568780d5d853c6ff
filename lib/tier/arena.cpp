// SPDX-License-Identifier: Apache-2.0
#include "tier/arena.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "core/check.h"
#include "tier/round_up.h"

namespace cachebench::tier {
namespace {

// Free ranges that are long enough may still begin off the boundary; so many are looked at before settling
// for one that is long enough wherever it begins.
constexpr int kAlignmentTries = 8;

}  // namespace

Arena::Arena(const ArenaOptions& options)
    : granule_(options.granule.value),
      alignment_(options.alignment.value),
      aligned_from_(options.aligned_from.value),
      capacity_(options.capacity.value & ~(options.granule.value - 1)) {
  CACHEBENCH_CHECK(std::has_single_bit(granule_) && std::has_single_bit(alignment_) && alignment_ >= granule_,
                   "granule {}, alignment {}", granule_, alignment_);
  if (capacity_ > 0) add_free(0, capacity_);
}

Bytes Arena::rounded(Bytes size) const {
  return Bytes{round_up(std::max<std::uint64_t>(size.value, 1), granule_)};
}

std::optional<std::uint64_t> Arena::allocate(Bytes size) {
  if (size.value > capacity_) return std::nullopt;
  const std::uint64_t length = rounded(size).value;
  const std::uint64_t alignment = size.value >= aligned_from_ ? alignment_ : granule_;
  const auto found = find_fit(length, alignment);
  if (found == free_by_length_.end()) return std::nullopt;

  const FreeRange range = *found;
  free_by_length_.erase(found);
  free_by_offset_.erase(range.offset);
  const std::uint64_t offset = round_up(range.offset, alignment);
  const std::uint64_t end = range.offset + range.length;
  if (offset > range.offset) add_free(range.offset, offset - range.offset);
  if (offset + length < end) add_free(offset + length, end - offset - length);
  blocks_.emplace(offset, length);
  allocated_ += length;
  return offset;
}

Bytes Arena::release(std::uint64_t offset) {
  const auto block = blocks_.find(offset);
  CACHEBENCH_CHECK(block != blocks_.end(), "no block begins at offset {}", offset);
  const std::uint64_t length = block->second;
  blocks_.erase(block);
  allocated_ -= length;

  std::uint64_t begin = offset;
  std::uint64_t end = offset + length;
  auto next = free_by_offset_.lower_bound(offset);
  if (next != free_by_offset_.begin()) {
    const auto previous = std::prev(next);
    if (previous->first + previous->second == begin) {
      begin = previous->first;
      free_by_length_.erase({previous->second, previous->first});
      free_by_offset_.erase(previous);
    }
  }
  if (next != free_by_offset_.end() && next->first == end) {
    end += next->second;
    free_by_length_.erase({next->second, next->first});
    free_by_offset_.erase(next);
  }
  add_free(begin, end - begin);
  return Bytes{length};
}

Bytes Arena::largest_free() const {
  return Bytes{free_by_length_.empty() ? 0 : free_by_length_.rbegin()->length};
}

Arena::ByLength::iterator Arena::find_fit(std::uint64_t length, std::uint64_t alignment) const {
  auto candidate = free_by_length_.lower_bound({length, 0});
  for (int tried = 0; tried < kAlignmentTries && candidate != free_by_length_.end(); ++tried, ++candidate) {
    const std::uint64_t padding = round_up(candidate->offset, alignment) - candidate->offset;
    if (candidate->length - length >= padding) return candidate;
  }
  return free_by_length_.lower_bound({length + alignment - granule_, 0});
}

void Arena::add_free(std::uint64_t offset, std::uint64_t length) {
  free_by_length_.insert({length, offset});
  free_by_offset_.emplace(offset, length);
}

}  // namespace cachebench::tier
