// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "cache/hierarchical_cache_manager.h"
#include "core/ids.h"
#include "core/shared_tensor.h"
#include "core/tensor_view.h"
#include "core/units.h"

/// The hierarchy in front of a memory pool that an application has already: what may be reused comes out of
/// the hierarchy's idle buffers, the rest out of that pool, and only what that pool has no room for is newly
/// allocated by the hierarchy. Borrows manager and pool, which outlive it and everything it handed out.
/// Thread-safe when the pool is. Allocation throws Error{kEnvironment} when the system has no memory,
/// Error{kUsage} for impossible shapes.
namespace cachebench::cache {

/// A tensor to be filled, in memory that is given back when the last copy of this goes.
struct TensorBuffer {
  enum class Source : std::uint8_t {
    kReused,    ///< an idle buffer of the hierarchy
    kExisting,  ///< the application's pool
    kFresh,     ///< newly allocated by the hierarchy
  };
  TensorMeta meta;
  std::shared_ptr<std::byte> data;  ///< meta.bytes(), page-aligned unless it is of the existing pool
  Source source = Source::kFresh;

  [[nodiscard]] TensorView view() const {
    return {.meta = meta, .data = {data.get(), static_cast<std::size_t>(meta.bytes().value)}};
  }
  /// What it holds, not to be changed any more.
  [[nodiscard]] SharedTensor share() const { return {meta, std::shared_ptr<const std::byte>(data)}; }
};

class HierarchicalCacheIntegration {
 public:
  /// Memory of the application's own pool, or null when it has no room. Absent: there is none.
  using ExistingPool = std::function<std::shared_ptr<std::byte>(Bytes)>;

  explicit HierarchicalCacheIntegration(HierarchicalCacheManager& manager, ExistingPool existing = {})
      : manager_(manager), existing_(std::move(existing)) {}

  [[nodiscard]] TensorBuffer allocate(const TensorMeta& meta, ArtefactKind kind);
  /// Plain bytes for whoever makes tensors of its own in them: see model::RunnerOptions::memory.
  [[nodiscard]] std::shared_ptr<std::byte> allocate_bytes(Bytes bytes);

  struct Stats {
    std::uint64_t reused = 0;
    std::uint64_t existing = 0;
    std::uint64_t fresh = 0;
  };
  [[nodiscard]] Stats stats() const;
  [[nodiscard]] HierarchicalCacheManager& manager() { return manager_; }

 private:
  HierarchicalCacheManager& manager_;
  ExistingPool existing_;
  std::atomic<std::uint64_t> reused_{0};
  std::atomic<std::uint64_t> existing_count_{0};
  std::atomic<std::uint64_t> fresh_{0};
};

}  // namespace cachebench::cache
