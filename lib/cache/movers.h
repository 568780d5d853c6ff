// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/landing_blocks.h"
#include "cache/transfer_progress.h"
#include "cache/transfers.h"
#include "core/thread_pool.h"
#include "tier/host/staging_pool.h"

namespace cachebench::cache {

/// Moves bytes between real planes. A transfer starts when its source is there and its target has room. One
/// that finds no room lifts its source into a staging buffer first, which frees the source's block: so two
/// full tiers can exchange entries. Room that live handles keep, or that a copy wants which was given up
/// before it arrived, may never come: when everything stands still for it, a copy stays in its staging
/// buffer. So every transfer ends, whatever callers hold. A transfer whose target nobody wants any more is
/// skipped; one that fails settles its target as failed, and the next look-up gives the entry up.
///
/// Owns the table of copies (guarded by the manager's lock) and its threads; the planes belong to the caller
/// and outlive it. Thread-safe apart from what Transfers says.
class Movers final : public Transfers {
 public:
  /// The largest piece that passes through the first plane at once for a hit that is not promoted.
  static constexpr Bytes kLandingBytes{8 * kMiB.value};

  /// Background bytes that may be under way before an insertion waits: below the slack of every plane, so
  /// that a hit on its way up finds room and does not queue behind what goes down.
  static constexpr Bytes kBacklogBytes{8 * kMiB.value};
  /// The same before a hit that causes transfers waits: what bounds the memory of lifted entries.
  static constexpr Bytes kHitBacklogBytes{128 * kMiB.value};
  /// Up to here a hit's bytes go up on the thread that asked: handing them over, and being woken, takes as
  /// long as such a copy.
  static constexpr Bytes kAtOnceBytes{256 * kKiB.value};

  struct Options {
    std::size_t threads = 2;          ///< for each direction
    Bytes staging{256 * kMiB.value};  ///< host memory kept for bytes on their way
  };
  /// One plane per tier, fastest first.
  Movers(std::vector<tier::Plane*> planes, const Options& options);
  ~Movers() override;

  std::unique_ptr<PlannedTransfers> plan(std::span<const Move> moves, const Directory& directory,
                                         const TensorView* content) override;
  void start(std::unique_ptr<PlannedTransfers> planned) override;
  void start_hit(std::unique_ptr<PlannedTransfers> planned, const CopyPtr& awaited) override;
  [[nodiscard]] CopyPtr copy_at(EntryId id, Level level) const override;
  void expect(EntryId id) const override {
    if (index_of(id) >= copies_.size()) return;
    for (const CopyPtr& copy : copies_[index_of(id)]) {
      // Whoever takes a share in it counts itself just before the object.
      if (copy != nullptr) __builtin_prefetch(reinterpret_cast<const char*>(copy.get()) - 8, 1);
    }
  }
  void adopt(EntryId id, Level level, CopyPtr copy) override;
  void drain() override;

  [[nodiscard]] tier::Plane& plane(Level level) const { return *planes_[index_of(level)]; }
  [[nodiscard]] SpaceGate& gate(Level level) { return *gates_[index_of(level)]; }

  /// Brings a settled copy's bytes to the first plane's memory, piece by piece, as a hit that is not promoted
  /// is served. Says how long it took, or that the record failed its checksum. Throws Error{kEnvironment}
  /// when there is no memory for a staging buffer.
  [[nodiscard]] tier::Completion fetch_to_device(const Copy& source);
  /// The same of a copy whose bytes, `in_host`, are in host memory by now.
  [[nodiscard]] tier::Completion fetch_to_device(const Copy& source, std::span<const std::byte> in_host);

  [[nodiscard]] TransferStats stats() const override CACHEBENCH_EXCLUDES(stats_mutex_);
  [[nodiscard]] std::uint64_t failures() const { return stats().failures; }

 private:
  struct Job;
  struct Plan;
  using JobPtr = std::shared_ptr<Job>;
  using CopyRow = std::array<CopyPtr, kMaxTiers>;

  [[nodiscard]] CopyPtr& slot(EntryId id, Level level);
  [[nodiscard]] CopyPtr new_copy(const Move& move, const Directory& directory);
  void carry_on(Plan& plan);
  void submit_all(Plan& plan);
  void submit(const JobPtr& job);
  /// Whether the job's source is there, its target has room, and it is short.
  [[nodiscard]] bool goes_at_once(Job& job) const;
  /// Runs a job as far as it gets, on any thread.
  void run(const JobPtr& job);
  /// Nothing when the job has to wait for room.
  [[nodiscard]] std::optional<tier::Completion> carry_out(Job& job);
  [[nodiscard]] std::optional<tier::Completion> go_without_room(Job& job);
  [[nodiscard]] tier::Completion lift(Job& job);
  [[nodiscard]] tier::Completion transfer(const Copy& source, Copy& target);
  /// Nothing unless the target's plane takes files and the source lies in one as it is.
  [[nodiscard]] static std::optional<tier::Completion> transfer_file(const Copy& source, const Copy& target);
  /// Nothing where the target's plane does not decode the form in which the source lies.
  [[nodiscard]] std::optional<tier::Completion> transfer_form(const Copy& source, Copy& target);
  /// Nothing when the values refuse the form: then the target is plain, and has no room yet.
  [[nodiscard]] std::optional<tier::Completion> write_encoded(Job& job);
  [[nodiscard]] tier::Completion write_plain(Job& job);
  [[nodiscard]] tier::Completion write_at_once(const Copy& source, Copy& target,
                                               const std::function<void()>& meanwhile);
  void park(const JobPtr& job);
  void finish(Job& job, const tier::Completion& completion);
  void end_activity();
  void note_failure(const tier::Completion& completion) CACHEBENCH_EXCLUDES(stats_mutex_);

  const std::vector<tier::Plane*> planes_;
  const std::vector<std::unique_ptr<SpaceGate>> gates_;
  CompressionMeter meter_;  // before the copies, which use it
  tier::StagingPool staging_;
  LandingBlocks landing_;
  std::vector<CopyRow> copies_;  // guarded by the manager's lock
  TransferProgress progress_;
  mutable Mutex stats_mutex_;
  TransferStats stats_ CACHEBENCH_GUARDED_BY(stats_mutex_);
  // Last: their threads use all of the above. What a request waits for never queues behind demotions.
  ThreadPool upward_;
  ThreadPool downward_;
};

}  // namespace cachebench::cache
