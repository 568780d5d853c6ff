// SPDX-License-Identifier: Apache-2.0
#include "tier/block_space.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "tier/round_up.h"

namespace cachebench::tier {
namespace {

constexpr Bytes kSmallestSlack{16 * kMiB.value};
// An overflow region of up to this size is kept when it falls empty: fragmentation that came once comes
// again.
constexpr Bytes kOverflowRegion{64 * kMiB.value};

Bytes with_slack(Bytes budget) {
  constexpr Bytes kLargest{std::uint64_t{1} << 56};  // beyond any memory, and far from wrapping
  if (budget > kLargest) {
    throw Error(ErrorKind::kEnvironment,
                fmt::format("a tier of {} is more than memory can be", format_bytes(budget)));
  }
  return round_up(budget + std::max(Bytes{budget.value / 8}, kSmallestSlack), kPage);
}

}  // namespace

BlockSpace::BlockSpace(const BlockSpaceOptions& options, MemorySource& source)
    : options_(options), limit_(with_slack(options.budget)), source_(source) {
  Bytes size = limit_;
  primary_ = source_.map(size);
  if (primary_ == 0) {
    size = round_up(std::max(options.budget, Bytes{1}), kPage);
    primary_ = source_.map(size);
  }
  if (primary_ == 0) {
    throw Error(ErrorKind::kEnvironment,
                fmt::format("cannot get {} of memory for a tier; give the tier less", format_bytes(size)));
  }
  const MutexLock lock(mutex_);
  regions_.emplace(primary_, make_region(primary_, size));
}

BlockSpace::~BlockSpace() {
  for (const auto& [address, region] : regions_) source_.unmap(address, region.size);
}

std::optional<Block> BlockSpace::allocate(Bytes bytes) {
  {
    const MutexLock lock(mutex_);
    if (bytes > limit_ || asked_ > limit_ - bytes) return std::nullopt;
    asked_ += bytes;  // reserved, so that nobody takes it while a region is being mapped
    if (const std::optional<Block> block = take_existing(bytes)) return block;
  }
  const Bytes standard = std::min(kOverflowRegion, limit_);
  const Bytes size = round_up(std::max(bytes, standard), kPage);
  const std::uint64_t address = source_.map(size);
  if (address == 0) {
    forget(bytes);
    return std::nullopt;
  }
  const MutexLock lock(mutex_);
  const auto added = regions_.emplace(address, make_region(address, size)).first;
  const std::optional<Block> block = take(added->second, bytes);
  CACHEBENCH_CHECK(block.has_value(), "a region of {} bytes made for a block of {}", size.value, bytes.value);
  return block;
}

void BlockSpace::release(const Block& block) noexcept {
  std::optional<Region> dropped;
  {
    const MutexLock lock(mutex_);
    auto found = regions_.upper_bound(block.handle);
    CACHEBENCH_CHECK(found != regions_.begin(), "no block has handle {}", block.handle);
    --found;
    Region& region = found->second;
    const Bytes length = region.arena.release(block.handle - region.address);
    CACHEBENCH_CHECK(length == region.arena.rounded(block.bytes), "a block of {} bytes released as one of {}",
                     length.value, block.bytes.value);
    asked_ -= block.bytes;
    allocated_ -= length;
    if (region.address != primary_) {
      overflow_ -= length;
      // The primary and one spare region stay.
      const bool spare = regions_.size() <= 2 && region.size <= kOverflowRegion;
      if (region.arena.is_empty() && !spare) {
        dropped = std::move(region);
        regions_.erase(found);
      }
    }
  }
  if (dropped) source_.unmap(dropped->address, dropped->size);
}

void BlockSpace::report(PlaneStats& stats) const {
  const MutexLock lock(mutex_);
  stats.capacity = limit_;
  stats.allocated = allocated_;
  stats.peak = peak_;
  stats.overflow_peak = overflow_peak_;
}

std::optional<Block> BlockSpace::take(Region& region, Bytes bytes) {
  const std::optional<std::uint64_t> offset = region.arena.allocate(bytes);
  if (!offset) return std::nullopt;
  const Bytes length = region.arena.rounded(bytes);
  allocated_ += length;
  peak_ = std::max(peak_, allocated_);
  if (region.address != primary_) {
    overflow_ += length;
    overflow_peak_ = std::max(overflow_peak_, overflow_);
  }
  return Block{.handle = region.address + *offset, .bytes = bytes};
}

std::optional<Block> BlockSpace::take_existing(Bytes bytes) {
  if (std::optional<Block> block = take(regions_.at(primary_), bytes)) return block;
  for (auto& [address, region] : regions_) {
    if (address == primary_) continue;
    if (std::optional<Block> block = take(region, bytes)) return block;
  }
  return std::nullopt;
}

void BlockSpace::forget(Bytes bytes) {
  const MutexLock lock(mutex_);
  asked_ -= bytes;
}

BlockSpace::Region BlockSpace::make_region(std::uint64_t address, Bytes size) const {
  return {.arena = Arena({.capacity = size,
                          .granule = Bytes{256},
                          .alignment = options_.alignment,
                          .aligned_from = options_.aligned_from}),
          .address = address,
          .size = size};
}

}  // namespace cachebench::tier
