// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "bench/config/run_config.h"
#include "bench/run/content.h"
#include "bench/run/hit_extras.h"
#include "bench/run/measurements.h"
#include "bench/run/multimodal_run.h"
#include "bench/run/stop.h"
#include "bench/run/visual_run.h"
#include "bench/run/workload.h"
#include "cache/hierarchical_cache_manager.h"

/// What both replay drivers are given and share.
namespace cachebench::bench {

/// How far a run is, for whoever shows it.
struct Progress {
  bool warmup = false;
  std::uint64_t done = 0;   ///< requests started
  std::uint64_t total = 0;  ///< 0 when unknown
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  Nanoseconds elapsed{0};  ///< wall time
  Nanoseconds lag{0};      ///< behind the schedule, open loop
};
/// Called a few times a second, from the thread that happens to be there.
using ProgressCallback = std::function<void(const Progress&)>;

struct ReplayInputs {
  const RunConfig& config;
  const WorkloadFacts& facts;
  Workload& workload;
  cache::HierarchicalCacheManager& manager;
  const hardware::CostModel& costs;
  StopToken& stop;
  const ContentSource& content;             ///< real runs
  ProgressCallback progress;                ///< may be empty
  std::span<const std::uint32_t> future{};  ///< next_references, where a policy sees the future
  MultimodalRun* multimodal = nullptr;      ///< in front of the manager, where the config has it
  VisualRun* visual = nullptr;              ///< beside it, likewise
  HitExtras extras{};                       ///< what hits are expected to take beyond what decisions know
};

/// Keeps the books of a replay: ends the warm-up, samples the counters, reports progress, ends the run when
/// its time is over. Thread-compatible: the real driver holds its lock around it.
class ReplayBooks {
 public:
  explicit ReplayBooks(const ReplayInputs& inputs);
  /// Before the look-ups of a request, in order of start. `at` is the run's own time line.
  void request_starts(Nanoseconds at, Nanoseconds lag);
  [[nodiscard]] bool in_warmup() const { return warmup_; }
  /// At the end; `at` as above.
  [[nodiscard]] ReplayOutcome finish(Nanoseconds at, Measurements measured);

 private:
  void end_warmup(Nanoseconds at);
  void take_sample(Nanoseconds at);
  void report(Nanoseconds lag);

  const ReplayInputs& inputs_;
  ReplayOutcome outcome_;
  bool warmup_;
  std::uint64_t started_ = 0;
  std::uint64_t sample_interval_;
  Nanoseconds measured_from_{0};  // run's time line
  Nanoseconds wall_start_;
  Nanoseconds wall_measured_from_;
  Nanoseconds next_report_{0};
};

}  // namespace cachebench::bench
