// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "cache/compression/compression_meter.h"
#include "core/sync.h"
#include "tier/host/staging_pool.h"
#include "tier/plane.h"

/// The physical side of one copy of one entry on one plane. The directory lists it from the moment of the
/// decision; its bytes arrive later. Shared by the directory, by transfers that read it and by live handles;
/// the last owner frees the block. Thread-safe.
///
/// A copy may lie on its plane in a lossy form: then its block is smaller, `read` gives the plain elements
/// back, and nobody sees the block's bytes but who passes them on as they are. An entry whose values the form
/// has no place for becomes plain after all, before it settles.
///
/// A copy that can get no room on its plane, because live handles keep what the directory has given up
/// already, keeps its bytes in a staging buffer instead, and is read from there.
namespace cachebench::cache {

/// Wakes those who wait for room on a plane. Thread-safe.
class SpaceGate {
 public:
  /// Grows whenever a block of the plane is freed.
  [[nodiscard]] std::uint64_t generation() const;
  /// Runs `job` (not under the lock) once the generation differs from `seen`: at once when it does already.
  void when_changed(std::uint64_t seen, std::function<void()> job);
  void notify();

 private:
  mutable Mutex mutex_;
  std::uint64_t generation_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::vector<std::function<void()>> parked_ CACHEBENCH_GUARDED_BY(mutex_);
};

class Copy {
 public:
  Copy(tier::Plane& plane, SpaceGate& gate, tier::RecordInfo info, Bytes bytes)
      : plane_(plane), gate_(gate), info_(info), bytes_(bytes) {}
  /// In the form that `info` names; `meter` keeps the account and outlives the copy.
  Copy(tier::Plane& plane, SpaceGate& gate, tier::RecordInfo info, CompressionMeter& meter)
      : plane_(plane), gate_(gate), info_(info), bytes_(info.meta.bytes()), meter_(&meter) {}
  /// A copy that an earlier process left, complete. REQUIRES: is_sound(recovered).
  Copy(tier::Plane& plane, SpaceGate& gate, const tier::Recovered& recovered);
  ~Copy();
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  [[nodiscard]] tier::Plane& plane() const { return plane_; }
  [[nodiscard]] SpaceGate& gate() const { return gate_; }
  [[nodiscard]] const tier::RecordInfo& info() const { return info_; }
  /// Whether the block has the size that its form and shape ask for.
  [[nodiscard]] static bool is_sound(const tier::Recovered& recovered);
  /// Of the plain elements: what `read` gives.
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  [[nodiscard]] tier::Encoding encoding() const { return info_.encoding; }
  /// Of the block.
  [[nodiscard]] Bytes stored() const { return is_plain() ? bytes_ : stored_bytes(encoding(), info_.meta); }
  [[nodiscard]] bool is_plain() const { return encoding() == tier::Encoding::kPlain; }
  /// The lossy forms that the bytes have passed on their way here, this one's included. Once settled.
  [[nodiscard]] const Passes& passes() const { return passes_; }
  void set_passes(const Passes& passes) { passes_ = passes; }
  /// Lies in a form on its plane, which this process made: the account of what an earlier one left is taken
  /// when it is read.
  [[nodiscard]] bool is_form() const { return block_ && !is_plain() && !kept_; }
  /// Gives up the form, and the block that was made for it. Before settling.
  void become_plain();
  /// Takes the account of a copy that an earlier process left.
  void count_in(CompressionMeter& meter);

  /// Tries to get physical room; true when the copy has it.
  bool allocate();
  /// Takes the bytes in a staging buffer for good, in place of room on the plane. Before settling.
  void keep_in(tier::StagingPool::Lease staging) { staging_ = std::move(staging); }
  /// Leaves the bytes to the next process where the plane outlives this one: the block is not freed.
  void leave_on_plane();
  /// REQUIRES: allocated.
  [[nodiscard]] const tier::Block& block() const { return *block_; }
  /// The directory does not list it any more. Whoever still reads it gets its bytes.
  void unlist() { listed_.store(false, std::memory_order_relaxed); }
  [[nodiscard]] bool is_listed() const { return listed_.load(std::memory_order_relaxed); }

  // Both REQUIRE that it settled as done.
  /// Copies the bytes to `out`, at least bytes() long; decoded, on this thread, where they lie in a form.
  [[nodiscard]] tier::Ticket read(std::span<std::byte> out) const;
  /// Copies the block as it is, stored() bytes. REQUIRES: not plain.
  [[nodiscard]] tier::Ticket read_stored(std::span<std::byte> out) const;
  /// The form's bytes where the host can address them, else empty. REQUIRES: is_form.
  [[nodiscard]] std::span<const std::byte> stored_view() const { return plane_.host_view(*block_); }
  /// The plain bytes where the host can address them, else empty.
  [[nodiscard]] std::span<const std::byte> host_view() const;
  /// The bytes are there, or never will be. Called once.
  void settle(const tier::Completion& completion);
  /// Blocks until settled; never with a lock held.
  [[nodiscard]] tier::Completion wait() const;
  [[nodiscard]] bool is_settled() const;
  /// Runs `job` once settled, on the settling thread; at once when it is already.
  void when_settled(std::function<void()> job);

 private:
  [[nodiscard]] tier::Completion read_encoded(std::span<std::byte> out) const;

  tier::Plane& plane_;
  SpaceGate& gate_;
  tier::RecordInfo info_;
  Bytes bytes_;
  CompressionMeter* meter_ = nullptr;  // whoever made it; null for copies that are plain
  bool kept_ = false;                  // from an earlier process
  Passes passes_;
  // All of it written before settling, read after.
  std::optional<tier::Block> block_;
  std::optional<tier::StagingPool::Lease> staging_;
  std::atomic<bool> listed_{true};

  mutable Mutex mutex_;
  mutable CondVar settled_;
  std::optional<tier::Completion> completion_ CACHEBENCH_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> waiting_ CACHEBENCH_GUARDED_BY(mutex_);
};

using CopyPtr = std::shared_ptr<Copy>;

}  // namespace cachebench::cache
