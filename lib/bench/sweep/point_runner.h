// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bench/run/loaded_workload.h"
#include "bench/run/stop.h"
#include "bench/sweep/design.h"
#include "bench/sweep/journal.h"
#include "core/sync.h"

/// From an item of a sweep to its result. Each trace is read and lowered once and shared by all points that
/// replay it; the points of a sweep on different threads write nothing that another reads. Thread-safe.
/// Errors: Error{kUsage} for a point whose config makes no sense, whatever run_experiment throws.
namespace cachebench::bench {

/// Workloads by what they are, each loaded once, the latest ones kept. Thread-safe.
class WorkloadCache {
 public:
  /// Null when it is too large to be held: then every run reads it by itself.
  [[nodiscard]] std::shared_ptr<const LoadedWorkload> get(const RunConfig& config)
      CACHEBENCH_EXCLUDES(mutex_);

 private:
  struct Slot {
    explicit Slot(std::string name) : key(std::move(name)) {}
    const std::string key;
    Mutex mutex;  ///< held while loading: others who want the same wait for it
    bool tried CACHEBENCH_GUARDED_BY(mutex) = false;
    std::shared_ptr<const LoadedWorkload> workload CACHEBENCH_GUARDED_BY(mutex);
  };
  [[nodiscard]] std::shared_ptr<Slot> slot_of(const std::string& key) CACHEBENCH_EXCLUDES(mutex_);

  Mutex mutex_;
  std::list<std::shared_ptr<Slot>> slots_ CACHEBENCH_GUARDED_BY(mutex_);  ///< latest first
};

/// Bounds by what they depend on, each worked out once: they are the same for every policy. Thread-safe.
class BoundsCache {
 public:
  /// Whoever asks first works them out and calls `keep`, whatever happens; the others get a future.
  struct Claim {
    std::shared_future<std::optional<result::Bounds>> future;
    std::shared_ptr<std::promise<std::optional<result::Bounds>>> keep;  ///< null for the others
  };
  [[nodiscard]] Claim claim(const std::string& key) CACHEBENCH_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::map<std::string, std::shared_future<std::optional<result::Bounds>>> known_
      CACHEBENCH_GUARDED_BY(mutex_);
};

/// A resolved point that is ready to run.
struct ReadyPoint {
  WorkItem item;
  PointSetting setting;
  RunConfig config;
  std::string key;  ///< equal for points that give the same result
};

class PointRunner {
 public:
  /// Both outlive it.
  PointRunner(const SweepConfig& config, const Design& design) : config_(config), design_(design) {}

  /// Resolves and checks; reads the trace the first time it is named.
  [[nodiscard]] ReadyPoint prepare(const WorkItem& item);
  /// Replays. A point that was stopped is partial. What run_experiment throws becomes an invalid point with
  /// its reason.
  [[nodiscard]] result::SweepPoint run(const ReadyPoint& point, const StopToken& stop);
  /// Of the trace of `point`, or of the slice.
  [[nodiscard]] result::TraceFacts facts(const ReadyPoint& point);

 private:
  [[nodiscard]] std::optional<LoadedWorkload> workload_of(const ReadyPoint& point);
  void replay(const ReadyPoint& ready, const StopToken& stop, result::SweepPoint& point);
  [[nodiscard]] RunConfig resolve(const WorkItem& item, const PointSetting& setting);
  [[nodiscard]] std::string hash_of_trace(const RunConfig& config) CACHEBENCH_EXCLUDES(mutex_);

  const SweepConfig& config_;
  const Design& design_;
  WorkloadCache workloads_;
  BoundsCache bounds_;
  Mutex mutex_;
  std::map<std::string, std::string> hashes_ CACHEBENCH_GUARDED_BY(mutex_);  ///< by path
};

}  // namespace cachebench::bench
