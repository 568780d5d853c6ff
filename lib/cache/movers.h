// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "cache/transfers.h"
#include "core/thread_pool.h"
#include "tier/host/staging_pool.h"

namespace cachebench::cache {

/// Moves bytes between real planes. A transfer starts when its source is there and its target has room. One
/// that finds no room lifts its source into a staging buffer first, which frees the source's block: so two
/// full tiers can exchange entries, and since live copies never exceed the budgets, everything that waits for
/// room gets it. A transfer whose target nobody wants any more is skipped.
///
/// Owns the table of copies (guarded by the manager's lock) and its threads; the planes belong to the caller
/// and outlive it. Thread-safe apart from what Transfers says.
class Movers final : public Transfers {
 public:
  /// Room beyond a tier's budget that its plane needs for one hit that is served without being promoted.
  static constexpr Bytes kLandingBytes{8 * kMiB.value};

  /// Background bytes that may be under way before an insertion waits: below the slack of every plane, so
  /// that a hit on its way up finds room and does not queue behind what goes down.
  static constexpr Bytes kBacklogBytes{8 * kMiB.value};

  /// One plane per tier, fastest first; `threads` for each direction.
  Movers(std::vector<tier::Plane*> planes, std::size_t threads);
  ~Movers() override;

  std::unique_ptr<PlannedTransfers> plan(std::span<const Move> moves, const Directory& directory,
                                         const TensorView* content) override;
  void start(std::unique_ptr<PlannedTransfers> planned) override;
  [[nodiscard]] CopyPtr copy_at(EntryId id, Level level) const override;
  void adopt(EntryId id, Level level, CopyPtr copy) override;
  void drain() override;

  [[nodiscard]] tier::Plane& plane(Level level) const { return *planes_[index_of(level)]; }
  [[nodiscard]] SpaceGate& gate(Level level) { return *gates_[index_of(level)]; }

  /// Brings a settled copy's bytes to the first plane's memory through staging blocks, piece by piece, as a
  /// hit that is not promoted is served. Says how long it took, or that the record failed its checksum.
  [[nodiscard]] tier::Completion fetch_to_device(const Copy& source);

  /// Transfers that failed for another reason than a checksum, and the first one's error.
  [[nodiscard]] std::uint64_t failures() const { return failures_.load(); }

 private:
  struct Job;
  struct Plan;
  using CopyRow = std::array<CopyPtr, kMaxTiers>;

  [[nodiscard]] CopyPtr& slot(EntryId id, Level level);
  [[nodiscard]] CopyPtr new_copy(EntryId id, Level level, const Directory& directory);
  void submit(std::shared_ptr<Job> job);
  void run(const std::shared_ptr<Job>& job);
  void finish(const std::shared_ptr<Job>& job, const tier::Completion& completion);
  void fill(Copy& target, std::span<const std::byte> bytes);
  void wait_for_backlog();
  [[nodiscard]] tier::Completion transfer(const Copy& source, Copy& target);

  std::vector<tier::Plane*> planes_;
  std::vector<std::unique_ptr<SpaceGate>> gates_;
  std::vector<CopyRow> copies_;  // guarded by the manager's lock
  tier::StagingPool staging_;
  std::atomic<std::uint64_t> failures_{0};
  Mutex progress_mutex_;
  CondVar progress_;
  std::uint64_t under_way_ CACHEBENCH_GUARDED_BY(progress_mutex_) = 0;
  Bytes backlog_ CACHEBENCH_GUARDED_BY(progress_mutex_);
  // Last: their threads use all of the above. What a request waits for never queues behind demotions.
  ThreadPool upward_;
  ThreadPool downward_;
};

}  // namespace cachebench::cache
