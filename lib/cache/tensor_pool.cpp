// SPDX-License-Identifier: Apache-2.0
#include "cache/tensor_pool.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "core/check.h"
#include "core/error.h"

namespace cachebench::cache {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kSteps = 4;  // classes to a doubling

std::uint64_t pages_of(Bytes bytes) {
  return std::max<std::uint64_t>(1, bytes.value / kPage + (bytes.value % kPage == 0 ? 0 : 1));
}

}  // namespace

// Up to 8 pages every number of pages is a class; from there on four to each doubling.
std::size_t TensorPool::class_of(Bytes bytes) {
  const std::uint64_t pages = pages_of(bytes);
  if (pages <= 2 * kSteps) return pages - 1;
  const auto doubling = static_cast<std::uint64_t>(std::bit_width(pages - 1)) - 1;  // pages > 2^doubling
  const std::uint64_t step = std::uint64_t{1} << (doubling - 2);
  const std::uint64_t within = (pages - (std::uint64_t{1} << doubling) + step - 1) / step;  // 1 to 4
  return 2 * kSteps + (doubling - 3) * kSteps + within - 1;
}

Bytes TensorPool::class_size(Bytes bytes) {
  const std::uint64_t pages = pages_of(bytes);
  if (pages <= 2 * kSteps) return Bytes{pages * kPage};
  const auto doubling = static_cast<std::uint64_t>(std::bit_width(pages - 1)) - 1;
  const std::uint64_t step = std::uint64_t{1} << (doubling - 2);
  return Bytes{(pages + step - 1) / step * step * kPage};
}

TensorPool::~TensorPool() {
  const MutexLock lock(mutex_);
  CACHEBENCH_CHECK(stats_.leased == Bytes{0}, "{} bytes are still leased", stats_.leased.value);
}

TensorPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      buffer_(std::move(other.buffer_)),
      meta_(other.meta_),
      size_(std::exchange(other.size_, 0)),
      level_(other.level_) {}

TensorPool::Lease& TensorPool::Lease::operator=(Lease&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(buffer_, other.buffer_);
  std::swap(meta_, other.meta_);
  std::swap(size_, other.size_);
  std::swap(level_, other.level_);
  return *this;
}

TensorPool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->give_back(std::move(buffer_), Bytes{size_});
}

void TensorPool::count(ArtefactKind kind, Bytes size, Level level) {
  const auto row = static_cast<std::size_t>(kind);
  ++stats_.acquired;
  ++stats_.by_kind[row];
  if (level != Level::kNone) {
    ++stats_.reused;
    ++stats_.reused_kind[row];
    stats_.idle -= size;
  }
  stats_.leased += size;
  stats_.peak = std::max(stats_.peak, stats_.leased + stats_.idle);
}

std::optional<TensorPool::Lease> TensorPool::acquire_idle(const TensorMeta& meta, ArtefactKind kind) {
  const Bytes bytes = meta.bytes();
  const std::size_t row = class_of(bytes);
  Lease lease;
  {
    const MutexLock lock(mutex_);
    if (row >= idle_.size() || idle_[row].empty()) return std::nullopt;
    lease.buffer_ = std::move(idle_[row].back());
    idle_[row].pop_back();
    count(kind, class_size(bytes), Level::kL2);
  }
  lease.pool_ = this;
  lease.meta_ = meta;
  lease.size_ = bytes.value;
  lease.level_ = Level::kL2;
  return lease;
}

TensorPool::Lease TensorPool::acquire(const TensorMeta& meta, ArtefactKind kind) {
  if (std::optional<Lease> idle = acquire_idle(meta, kind)) return std::move(*idle);
  const Bytes bytes = meta.bytes();
  const Bytes size = class_size(bytes);
  std::optional<tier::Mapping> mapping = tier::Mapping::try_map(size);
  if (!mapping) {
    throw Error(ErrorKind::kEnvironment,
                fmt::format("cannot get {} of host memory for a tensor", format_bytes(bytes)));
  }
  // Without the permission a buffer is as good, only not locked.
  if (options_.lock == tier::PageLock::kTry) static_cast<void>(mapping->lock());
  Lease lease;
  lease.pool_ = this;
  lease.buffer_ = std::move(*mapping);
  lease.meta_ = meta;
  lease.size_ = bytes.value;
  const MutexLock lock(mutex_);
  count(kind, size, Level::kNone);
  return lease;
}

void TensorPool::give_back(tier::Mapping buffer, Bytes asked) noexcept {
  const Bytes size = class_size(asked);
  const std::size_t row = class_of(asked);
  tier::Mapping dropped;  // unmapped after the lock is released
  const MutexLock lock(mutex_);
  stats_.leased -= size;
  if (stats_.idle + size > options_.bound) {
    ++stats_.given_up;
    dropped = std::move(buffer);
    return;
  }
  if (row >= idle_.size()) idle_.resize(row + 1);
  idle_[row].push_back(std::move(buffer));
  stats_.idle += size;
}

TensorPoolStats TensorPool::stats() const {
  const MutexLock lock(mutex_);
  return stats_;
}

}  // namespace cachebench::cache
