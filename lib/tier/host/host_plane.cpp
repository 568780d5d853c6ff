// SPDX-License-Identifier: Apache-2.0
#include "tier/host/host_plane.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "core/check.h"
#include "core/sync.h"
#include "core/trace_range.h"
#include "tier/block_space.h"
#include "tier/round_up.h"

namespace cachebench::tier {
namespace {

constexpr Bytes kWholePage{kPage};
// Smaller blocks are packed: at a page each they would take several times their bytes.
constexpr Bytes kPageAlignedFrom{32 * kKiB.value};

/// Mappings that are locked where that is allowed.
class HostMemory final : public MemorySource {
 public:
  HostMemory(PageLock lock, std::shared_ptr<PinnedMemory> pinned) : lock_(lock), pinned_(std::move(pinned)) {}

  [[nodiscard]] std::uint64_t map(Bytes size) override {
    std::optional<Mapping> mapping = Mapping::try_pinned(size, pinned_);
    if (!mapping) return 0;
    const bool pageable = pinned_ != nullptr && !mapping->is_pinned();
    const int refused = lock_ == PageLock::kTry ? mapping->lock() : 0;
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(mapping->data()));
    const MutexLock lock(mutex_);
    if (pageable && note_.empty()) note_ = describe_pageable(size);
    if (refused != 0 && note_.empty()) note_ = describe_lock_failure(size, refused);
    mappings_.emplace(address, std::move(*mapping));
    return address;
  }

  void unmap(std::uint64_t address, Bytes) noexcept override {
    Mapping dropped;
    const MutexLock lock(mutex_);
    const auto found = mappings_.find(address);
    CACHEBENCH_CHECK(found != mappings_.end(), "no mapping at {}", address);
    dropped = std::move(found->second);
    mappings_.erase(found);
  }

  [[nodiscard]] std::string note() const {
    const MutexLock lock(mutex_);
    return note_;
  }

 private:
  const PageLock lock_;
  const std::shared_ptr<PinnedMemory> pinned_;
  mutable Mutex mutex_;
  std::map<std::uint64_t, Mapping> mappings_ CACHEBENCH_GUARDED_BY(mutex_);
  std::string note_ CACHEBENCH_GUARDED_BY(mutex_);
};

/// A timed memcpy, as a completed ticket.
Ticket timed_copy(std::byte* target, const std::byte* source, std::size_t bytes) {
  const TraceRange range(trace_names::kCopy, bytes);
  const auto start = std::chrono::steady_clock::now();
  if (bytes > 0) std::memcpy(target, source, bytes);
  return Ticket::completed(
      {.status = TransferStatus::kDone, .error = {}, .service = std::chrono::steady_clock::now() - start});
}

class HostPlane final : public Plane {
 public:
  explicit HostPlane(const HostPlaneOptions& options)
      : memory_(options.lock, options.pinned),
        space_({.budget = options.capacity, .alignment = kWholePage, .aligned_from = kPageAlignedFrom},
               memory_) {}

  [[nodiscard]] hardware::Medium medium() const override { return hardware::Medium::kHost; }
  [[nodiscard]] const char* device() const override { return "host"; }
  [[nodiscard]] std::optional<Block> allocate(Bytes bytes) override { return space_.allocate(bytes); }
  void release(const Block& block) noexcept override { space_.release(block); }

  [[nodiscard]] Ticket write(const Block& block, const RecordInfo&,
                             std::span<const std::byte> source) override {
    CACHEBENCH_CHECK(source.size() == block.bytes.value, "{} bytes for a block of {}", source.size(),
                     block.bytes.value);
    written_.fetch_add(source.size(), std::memory_order_relaxed);
    return timed_copy(address(block), source.data(), source.size());
  }

  [[nodiscard]] Ticket read(const Block& block, std::span<std::byte> target) override {
    CACHEBENCH_CHECK(target.size() >= block.bytes.value, "{} bytes of room for a block of {}", target.size(),
                     block.bytes.value);
    read_.fetch_add(block.bytes.value, std::memory_order_relaxed);
    return timed_copy(target.data(), address(block), block.bytes.value);
  }

  [[nodiscard]] std::span<std::byte> host_view(const Block& block) override {
    return {address(block), block.bytes.value};
  }

  [[nodiscard]] PlaneStats stats() const override {
    PlaneStats stats;
    space_.report(stats);
    stats.bytes_read = Bytes{read_.load(std::memory_order_relaxed)};
    stats.bytes_written = Bytes{written_.load(std::memory_order_relaxed)};
    if (std::string note = memory_.note(); !note.empty()) stats.notes.push_back(std::move(note));
    return stats;
  }

 private:
  [[nodiscard]] static std::byte* address(const Block& block) {
    // An address that came from a pointer. NOLINTNEXTLINE(performance-no-int-to-ptr)
    return reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(block.handle));
  }

  HostMemory memory_;
  BlockSpace space_;
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> written_{0};
};

}  // namespace

std::unique_ptr<Plane> make_host_plane(const HostPlaneOptions& options) {
  return std::make_unique<HostPlane>(options);
}

}  // namespace cachebench::tier
