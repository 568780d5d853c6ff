// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/sync.h"
#include "core/units.h"

/// Keeps count of transfers, so that those who cause them can wait and a standstill is noticed. A transfer is
/// under way from its planning to its end. On the way it is active while it needs nobody's help to go on, and
/// parked while it waits for room on a plane. When none is active and some are parked, nothing will free room
/// by itself (what there is belongs to live handles, or to copies given up before they arrived): then `ended`
/// says so once, and the next transfer that finds no room takes `take_force` and goes on without any.
/// Thread-safe.
namespace cachebench::cache {

enum class Direction : std::uint8_t { kUp, kDown };

class TransferProgress {
 public:
  void planned(Direction direction, Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);
  void finished(Direction direction, Bytes bytes) CACHEBENCH_EXCLUDES(mutex_);

  /// Around whatever goes on by itself.
  void began() CACHEBENCH_EXCLUDES(mutex_);
  /// True when everything stands still: the caller wakes whoever is parked.
  [[nodiscard]] bool ended() CACHEBENCH_EXCLUDES(mutex_);
  void parked() CACHEBENCH_EXCLUDES(mutex_);
  void unparked() CACHEBENCH_EXCLUDES(mutex_);
  /// Room was found after all: nobody has to be forced.
  void found_room() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] bool take_force() CACHEBENCH_EXCLUDES(mutex_);

  /// Blocks until at most `bound` bytes are on their way down; never with a lock held.
  void wait_for_backlog(Bytes bound) const CACHEBENCH_EXCLUDES(mutex_);
  /// Blocks until nothing is under way; never with a lock held.
  void wait_idle() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::uint64_t under_way_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::uint64_t active_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::uint64_t parked_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  Bytes backlog_ CACHEBENCH_GUARDED_BY(mutex_);
  bool force_ CACHEBENCH_GUARDED_BY(mutex_) = false;
};

}  // namespace cachebench::cache
