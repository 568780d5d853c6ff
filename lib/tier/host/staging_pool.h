// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/sync.h"
#include "core/units.h"
#include "tier/mapping.h"

/// Reusable host buffers for bytes on their way between tiers: from the SSD to the device and back, and
/// entries lifted out of a block that has to be freed. Buffers come in powers of two from 64 KiB, begin at a
/// page boundary and are page-locked where that is allowed.
///
/// `acquire` never waits, so holders of a lease may take another one without any danger of a deadlock: what
/// the pool's bound cannot hold is mapped for that one lease and given back to the system at its end. The
/// pool outlives its leases. Thread-safe; a lease belongs to one thread at a time.
namespace cachebench::tier {

struct StagingStats {
  Bytes leased;  ///< in buffers, rounding included
  Bytes peak;    ///< highest `leased`
  std::uint64_t leases = 0;
  std::uint64_t reused = 0;  ///< of them, served by a buffer used before
  std::uint64_t beyond_bound = 0;
  std::vector<std::string> notes;
};

class StagingPool {
 public:
  struct Options {
    Bytes bound{256 * kMiB.value};  ///< kept for reuse, leased buffers included
    PageLock lock = PageLock::kTry;
    std::shared_ptr<PinnedMemory> pinned{};  ///< a device's, for copies to and from it; null: ordinary memory
  };

  /// A buffer while it is alive. Move-only.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();
    /// As asked for, rounded up to whole pages. The contents are those of the last use.
    [[nodiscard]] std::span<std::byte> span() const { return buffer_.span().first(usable_); }

   private:
    friend class StagingPool;
    Lease(StagingPool& pool, Mapping buffer, std::size_t usable);
    StagingPool* pool_;
    Mapping buffer_;
    std::size_t usable_;
  };

  explicit StagingPool(const Options& options);
  ~StagingPool();
  StagingPool(const StagingPool&) = delete;
  StagingPool& operator=(const StagingPool&) = delete;

  /// A buffer of at least `bytes`. Throws Error{kEnvironment} when the system has no memory for it.
  [[nodiscard]] Lease acquire(Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] StagingStats stats() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  void give_back(Mapping buffer) noexcept CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] Mapping map_new(Bytes size) CACHEBENCH_EXCLUDES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  std::map<Bytes, std::vector<Mapping>> idle_ CACHEBENCH_GUARDED_BY(mutex_);  // by size
  Bytes idle_bytes_ CACHEBENCH_GUARDED_BY(mutex_);
  StagingStats stats_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::tier
