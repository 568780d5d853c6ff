// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "core/sync.h"
#include "core/units.h"
#include "tier/arena.h"
#include "tier/plane.h"

/// Blocks for a plane whose medium is addressable memory, with exact accounts.
///
/// A tier's budget is kept above, in the bytes that entries have; this keeps the physical side from ever
/// getting in its way. Room is the budget plus slack (an eighth, at least 16 MiB), and a block is refused
/// only when the bytes asked for by all blocks together would exceed that. Rounding and fragmentation never
/// refuse: when no free range of the arena is long enough, the block is served from overflow memory, mapped
/// apart and counted. The handle of a block is its address. Thread-safe; memory is mapped and unmapped
/// outside the lock.
namespace cachebench::tier {

/// Where the memory comes from. Thread-safe.
class MemorySource {
 public:
  virtual ~MemorySource() = default;
  /// The address of `size` bytes, aligned to 4 KiB, or 0 when there are none.
  [[nodiscard]] virtual std::uint64_t map(Bytes size) = 0;
  virtual void unmap(std::uint64_t address, Bytes size) noexcept = 0;
};

struct BlockSpaceOptions {
  Bytes budget;          ///< the tier's capacity
  Bytes alignment{256};  ///< of blocks from `aligned_from` up; smaller ones to 256 bytes
  Bytes aligned_from{0};
};

class BlockSpace {
 public:
  /// Maps the arena. `source` outlives this. Throws Error{kEnvironment} when there is no memory for the
  /// budget; without room for the slack the budget alone is taken, and overflow serves the rest.
  BlockSpace(const BlockSpaceOptions& options, MemorySource& source);
  ~BlockSpace();
  BlockSpace(const BlockSpace&) = delete;
  BlockSpace& operator=(const BlockSpace&) = delete;

  [[nodiscard]] std::optional<Block> allocate(Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);
  void release(const Block& block) noexcept CACHEBENCH_EXCLUDES(mutex_);
  /// Fills capacity, allocated, peak and overflow_peak.
  void report(PlaneStats& stats) const CACHEBENCH_EXCLUDES(mutex_);

 private:
  struct Region {
    Arena arena;
    std::uint64_t address;
    Bytes size;
  };
  using Regions = std::map<std::uint64_t, Region>;  // by address

  [[nodiscard]] std::optional<Block> take(Region& region, Bytes bytes) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] std::optional<Block> take_existing(Bytes bytes) CACHEBENCH_REQUIRES(mutex_);
  void forget(Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] Region make_region(std::uint64_t address, Bytes size) const;

  const BlockSpaceOptions options_;
  const Bytes limit_;  // budget and slack
  MemorySource& source_;
  std::uint64_t primary_ = 0;  // address of the arena; every other region is overflow
  mutable Mutex mutex_;
  Regions regions_ CACHEBENCH_GUARDED_BY(mutex_);
  Bytes asked_ CACHEBENCH_GUARDED_BY(mutex_);  // by live blocks, as asked for
  Bytes allocated_ CACHEBENCH_GUARDED_BY(mutex_);
  Bytes peak_ CACHEBENCH_GUARDED_BY(mutex_);
  Bytes overflow_ CACHEBENCH_GUARDED_BY(mutex_);
  Bytes overflow_peak_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::tier
