// SPDX-License-Identifier: Apache-2.0
#include "tier/host/staging_pool.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <optional>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "tier/round_up.h"

namespace cachebench::tier {
namespace {

constexpr std::uint64_t kSmallest = 64 * kKiB.value;
// Beyond this a power of two would only waste address space that is never reused anyway.
constexpr std::uint64_t kLargestClass = kGiB.value;

Bytes size_class(Bytes bytes) {
  if (bytes.value > kLargestClass) return round_up(bytes, kPage);
  return Bytes{std::max(kSmallest, std::bit_ceil(bytes.value))};
}

}  // namespace

StagingPool::Lease::Lease(StagingPool& pool, Mapping buffer, std::size_t usable)
    : pool_(&pool), buffer_(std::move(buffer)), usable_(usable) {}

StagingPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      buffer_(std::move(other.buffer_)),
      usable_(std::exchange(other.usable_, 0)) {}

StagingPool::Lease& StagingPool::Lease::operator=(Lease&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(buffer_, other.buffer_);
  std::swap(usable_, other.usable_);
  return *this;
}

StagingPool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->give_back(std::move(buffer_));
}

StagingPool::StagingPool(const Options& options) : options_(options) {}

StagingPool::~StagingPool() {
  const MutexLock lock(mutex_);
  CACHEBENCH_CHECK(stats_.leased == Bytes{0}, "{} bytes are still leased", stats_.leased.value);
}

StagingPool::Lease StagingPool::acquire(Bytes bytes) {
  const Bytes size = size_class(bytes);
  const std::size_t usable = round_up(std::max<std::uint64_t>(bytes.value, 1), kPage);
  std::vector<Mapping> dropped;  // unmapped after the lock is released
  std::optional<Mapping> buffer;
  {
    const MutexLock lock(mutex_);
    ++stats_.leases;
    stats_.leased += size;
    stats_.peak = std::max(stats_.peak, stats_.leased);
    if (const auto found = idle_.find(size); found != idle_.end()) {
      buffer = std::move(found->second.back());
      found->second.pop_back();
      if (found->second.empty()) idle_.erase(found);
      idle_bytes_ -= size;
      ++stats_.reused;
    } else if (stats_.leased > options_.bound) {
      ++stats_.beyond_bound;
    }
    // Idle buffers of other sizes must not keep the pool above its bound; the largest go first.
    while (!idle_.empty() && stats_.leased + idle_bytes_ > options_.bound) {
      const auto largest = std::prev(idle_.end());
      idle_bytes_ -= largest->first;
      dropped.push_back(std::move(largest->second.back()));
      largest->second.pop_back();
      if (largest->second.empty()) idle_.erase(largest);
    }
  }
  if (!buffer) buffer = map_new(size);
  return {*this, std::move(*buffer), usable};
}

StagingStats StagingPool::stats() const {
  const MutexLock lock(mutex_);
  return stats_;
}

void StagingPool::give_back(Mapping buffer) noexcept {
  Mapping dropped;
  const MutexLock lock(mutex_);
  stats_.leased -= buffer.size();
  if (stats_.leased + idle_bytes_ + buffer.size() > options_.bound) {
    dropped = std::move(buffer);
    return;
  }
  idle_bytes_ += buffer.size();
  idle_[buffer.size()].push_back(std::move(buffer));
}

Mapping StagingPool::map_new(Bytes size) {
  std::optional<Mapping> mapping = Mapping::try_pinned(size, options_.pinned);
  if (!mapping) {
    const MutexLock lock(mutex_);
    stats_.leased -= size;
    throw Error(ErrorKind::kEnvironment,
                fmt::format("cannot get {} of host memory for a staging buffer", format_bytes(size)));
  }
  if (options_.pinned != nullptr && !mapping->is_pinned()) {
    const MutexLock lock(mutex_);
    if (stats_.notes.empty()) stats_.notes.push_back(describe_pageable(size));
  }
  if (options_.lock == PageLock::kTry) {
    if (const int refused = mapping->lock(); refused != 0) {
      const MutexLock lock(mutex_);
      if (stats_.notes.empty()) stats_.notes.push_back(describe_lock_failure(size, refused));
    }
  }
  return std::move(*mapping);
}

}  // namespace cachebench::tier
