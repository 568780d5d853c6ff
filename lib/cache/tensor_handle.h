// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "cache/copy.h"
#include "cache/decision_engine.h"

namespace cachebench::cache {

class HierarchicalCacheManager;

/// A pin on a resident entry and the way to its bytes. While it is alive the entry is neither moved nor
/// freed. Move-only; use it from one thread at a time. In a simulation it is the pin alone.
class TensorHandle {
 public:
  TensorHandle() = default;  ///< nothing
  ~TensorHandle() { release(); }
  TensorHandle(TensorHandle&& other) noexcept;
  TensorHandle& operator=(TensorHandle&& other) noexcept;
  explicit operator bool() const { return manager_ != nullptr; }

  /// The tier that the directory named when the request asked.
  [[nodiscard]] Level served() const { return served_; }
  /// The tier the bytes are read from.
  [[nodiscard]] Level level() const { return level_; }
  [[nodiscard]] EntryId id() const { return id_; }
  /// What was stored: the bytes read back are these, whatever the caller asked for.
  [[nodiscard]] const TensorMeta& meta() const { return copy_->info().meta; }
  [[nodiscard]] bool has_bytes() const { return copy_ != nullptr; }
  /// REQUIRES: has_bytes.
  [[nodiscard]] const Copy& copy() const { return *copy_; }

  /// Blocks until the bytes are where `level` says. Not kDone: they never will be.
  [[nodiscard]] tier::Completion wait() const;
  /// Copies the bytes to host memory, `out` at least meta().bytes() long.
  [[nodiscard]] tier::Completion read(std::span<std::byte> out) const;
  /// The bytes themselves where the host can address them (zero-copy), else empty. REQUIRES: waited for.
  [[nodiscard]] std::span<const std::byte> host_view() const;
  /// Lets go early.
  void release();

 private:
  friend class HierarchicalCacheManager;
  HierarchicalCacheManager* manager_ = nullptr;
  EntryId id_ = kNoEntry;
  EntryId asked_ = kNoEntry;  ///< a similar hit: the entry that was looked up
  Level served_ = Level::kNone;
  Level level_ = Level::kNone;
  bool joined_ = false;  ///< the hit was counted as a joined one
  bool counts_ = false;  ///< the hit may still turn out to be a miss
  bool prefetched_ = false;
  Nanoseconds waited_{0};
  std::uint32_t epoch_ = 0;
  CopyPtr copy_;
};

}  // namespace cachebench::cache
