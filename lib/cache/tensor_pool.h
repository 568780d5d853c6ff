// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ids.h"
#include "core/sync.h"
#include "core/tensor_view.h"
#include "core/units.h"
#include "tier/mapping.h"

/// Reusable host buffers for tensors: what the source document's `get_tensor(shape, dtype, type)` hands out.
/// A buffer that comes back is kept by size class and given to whoever asks for that class next, whatever the
/// shape: its pages are mapped, touched and (where wanted) locked already, which is what an allocation costs.
///
/// Buffers begin at a page boundary. Classes are four steps to each doubling, so at most a fifth of a buffer
/// of a page or more is wasted. Idle buffers never exceed the bound: beyond it they go back to the system.
/// `acquire` never waits; it throws Error{kEnvironment} when the system has no memory. The pool outlives its
/// leases. Thread-safe; a lease belongs to one thread at a time.
namespace cachebench::cache {

struct TensorPoolOptions {
  Bytes bound{256 * kMiB.value};  ///< kept idle at most
  tier::PageLock lock = tier::PageLock::kOff;
};

struct TensorPoolStats {
  std::uint64_t acquired = 0;
  std::uint64_t reused = 0;                                 ///< of them, without an allocation
  std::array<std::uint64_t, kArtefactKinds> by_kind{};      ///< acquired
  std::array<std::uint64_t, kArtefactKinds> reused_kind{};  ///< reused
  Bytes leased;                                             ///< now, rounding included
  Bytes idle;                                               ///< now
  Bytes peak;                                               ///< highest leased + idle
  std::uint64_t given_up = 0;                               ///< returned to the system for the bound
};

class TensorPool {
 public:
  explicit TensorPool(const TensorPoolOptions& options) : options_(options) {}
  ~TensorPool();
  TensorPool(const TensorPool&) = delete;
  TensorPool& operator=(const TensorPool&) = delete;

  /// A buffer while it is alive. Move-only.
  class Lease {
   public:
    Lease() = default;  ///< nothing
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();
    [[nodiscard]] explicit operator bool() const { return pool_ != nullptr; }
    [[nodiscard]] const TensorMeta& meta() const { return meta_; }
    /// As many bytes as the shape has. The contents are those of the last use.
    [[nodiscard]] std::span<std::byte> bytes() const { return buffer_.span().first(size_); }
    [[nodiscard]] TensorView view() const { return {.meta = meta_, .data = bytes()}; }
    /// Where it came from: host memory kept for reuse (kL2), or a new allocation (kNone).
    [[nodiscard]] Level level() const { return level_; }

   private:
    friend class TensorPool;
    TensorPool* pool_ = nullptr;
    tier::Mapping buffer_;
    TensorMeta meta_;
    std::size_t size_ = 0;
    Level level_ = Level::kNone;
  };

  /// A buffer for a tensor, reused where one of its class is idle. Throws Error{kUsage} for impossible
  /// shapes.
  [[nodiscard]] Lease acquire(const TensorMeta& meta, ArtefactKind kind) CACHEBENCH_EXCLUDES(mutex_);
  /// The same from idle buffers alone; nothing when none fits.
  [[nodiscard]] std::optional<Lease> acquire_idle(const TensorMeta& meta, ArtefactKind kind)
      CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] TensorPoolStats stats() const CACHEBENCH_EXCLUDES(mutex_);

  /// The length of the buffer that serves `bytes`: the class, in whole pages.
  [[nodiscard]] static Bytes class_size(Bytes bytes);

 private:
  using Buffers = std::vector<tier::Mapping>;
  [[nodiscard]] static std::size_t class_of(Bytes bytes);
  void count(ArtefactKind kind, Bytes size, Level level) CACHEBENCH_REQUIRES(mutex_);
  void give_back(tier::Mapping buffer, Bytes asked) noexcept CACHEBENCH_EXCLUDES(mutex_);

  const TensorPoolOptions options_;
  mutable Mutex mutex_;
  std::vector<Buffers> idle_ CACHEBENCH_GUARDED_BY(mutex_);  // by class
  TensorPoolStats stats_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::cache
