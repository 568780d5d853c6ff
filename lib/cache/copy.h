// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/sync.h"
#include "tier/plane.h"

/// The physical side of one copy of one entry on one plane. The directory lists it from the moment of the
/// decision; its bytes arrive later. Shared by the directory, by transfers that read it and by live handles;
/// the last owner frees the block. Thread-safe.
namespace cachebench::cache {

/// Wakes those who wait for room on a plane. Thread-safe.
class SpaceGate {
 public:
  /// Grows whenever a block of the plane is freed.
  [[nodiscard]] std::uint64_t generation() const;
  /// Runs `job` (not under the lock) once the generation differs from `seen`: at once when it does already.
  void when_changed(std::uint64_t seen, std::function<void()> job);
  /// Blocks until the generation differs from `seen`.
  void wait_changed(std::uint64_t seen) const;
  void notify();

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::uint64_t generation_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::vector<std::function<void()>> parked_ CACHEBENCH_GUARDED_BY(mutex_);
};

class Copy {
 public:
  Copy(tier::Plane& plane, SpaceGate& gate, tier::RecordInfo info, Bytes bytes)
      : plane_(plane), gate_(gate), info_(info), bytes_(bytes) {}
  /// A copy that an earlier process left, complete.
  Copy(tier::Plane& plane, SpaceGate& gate, const tier::Recovered& recovered);
  ~Copy();
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  [[nodiscard]] tier::Plane& plane() const { return plane_; }
  [[nodiscard]] SpaceGate& gate() const { return gate_; }
  [[nodiscard]] const tier::RecordInfo& info() const { return info_; }
  [[nodiscard]] Bytes bytes() const { return bytes_; }

  /// Tries to get physical room; true when the copy has it.
  bool allocate();
  /// REQUIRES: allocated.
  [[nodiscard]] const tier::Block& block() const { return *block_; }
  /// The bytes are there, or never will be. Called once.
  void settle(const tier::Completion& completion);
  /// Blocks until settled; never with a lock held.
  [[nodiscard]] tier::Completion wait() const;
  [[nodiscard]] bool is_settled() const;
  /// Runs `job` once settled, on the settling thread; at once when it is already.
  void when_settled(std::function<void()> job);

 private:
  tier::Plane& plane_;
  SpaceGate& gate_;
  tier::RecordInfo info_;
  Bytes bytes_;
  std::optional<tier::Block> block_;  // written before settling, read after

  mutable Mutex mutex_;
  mutable CondVar settled_;
  std::optional<tier::Completion> completion_ CACHEBENCH_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> waiting_ CACHEBENCH_GUARDED_BY(mutex_);
};

using CopyPtr = std::shared_ptr<Copy>;

}  // namespace cachebench::cache
