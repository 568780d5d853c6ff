// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "cache/hierarchical_cache_manager.h"
#include "core/ids.h"
#include "core/shared_tensor.h"
#include "core/units.h"
#include "model/model_runner.h"

/// Keys and values of a sequence that has to make room, kept in the tiered cache in blocks until it goes on.
/// The cache may give up any block: what is left is the leading run, and the rest is computed again. Reading
/// a block back is no access of the cache's: its hits speak of artefacts. Borrows the cache; thread-safe. A
/// block that fails its checksum counts as given up. What a process before this one left in a cache that is
/// kept, and what another KvOffload parks in the same cache, is never taken for one's own.
namespace cachebench::pipeline {

/// A sequence that waits outside of the runner's pages: the ticket to what was kept of it.
struct ParkedKv {
  std::vector<cache::EntryDescription> blocks;  ///< front to back, those that the cache took
};

struct OffloadCounts {
  std::uint64_t parked = 0;   ///< sequences
  std::uint64_t resumed = 0;  ///< of them, those that went on
  Bytes offered;              ///< keys and values
  Bytes taken;                ///< of them, by the cache
  Bytes returned;             ///< of those, read back
};

class KvOffload {
 public:
  /// `owner` tells it from all others that use the cache at the same time. REQUIRES: block_tokens > 0.
  KvOffload(cache::HierarchicalCacheManager& cache, const model::Geometry& geometry,
            std::uint64_t block_tokens = 256, std::uint64_t owner = next_owner());
  /// Another number at each call.
  [[nodiscard]] static std::uint64_t next_owner();

  /// Copies the sequence's keys and values to the cache, up to the first block that it does not take.
  [[nodiscard]] ParkedKv park(const model::Sequence& sequence);
  /// What is still there, from the front; the entries are given up.
  [[nodiscard]] std::vector<SharedTensor> fetch(ParkedKv parked);
  /// Gives up what was kept of a sequence that does not go on.
  void forget(const ParkedKv& parked);
  [[nodiscard]] OffloadCounts counts() const;
  /// Starts counting anew; what is parked stays so.
  void reset_counts();

 private:
  void park_blocks(const model::Sequence& sequence, ParkedKv& parked);
  [[nodiscard]] bool store(const cache::EntryDescription& what, const TensorView& content);
  [[nodiscard]] SharedTensor read(const cache::EntryDescription& block);

  cache::HierarchicalCacheManager& cache_;
  const model::Geometry& geometry_;
  const std::uint64_t block_tokens_;
  const Key name_;
  std::atomic<std::uint64_t> sequences_{0};  // that have a name; never counted anew
  std::atomic<std::uint64_t> parked_{0};
  std::atomic<std::uint64_t> resumed_{0};
  std::atomic<std::uint64_t> offered_{0};
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> returned_{0};
};

}  // namespace cachebench::pipeline
