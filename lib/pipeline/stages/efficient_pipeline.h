// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/histogram.h"
#include "core/sync.h"
#include "core/units.h"

/// Stages that run at the same time, each on another job, over bounded queues. A job goes through all stages
/// in order; a stage takes jobs in the order in which they arrive and has at most so many under way. Threads
/// belong to nobody: one goes on with the stage it did last as long as that has work, else takes the job that
/// is furthest on, so work moves to where hands are free and a slow stage gets up to its share of them. A job
/// starts a stage only when there is room behind it, so nothing waits with a finished job in hand, and the
/// queues bound what is under way.
///
/// Owns the jobs from submit to end. Thread-safe. What a stage throws ends its job alone.
namespace cachebench::pipeline {

class PipelineJob {
 public:
  virtual ~PipelineJob() = default;
  PipelineJob(const PipelineJob&) = delete;
  PipelineJob& operator=(const PipelineJob&) = delete;
  /// Called once a stage, in order, by one thread at a time.
  virtual void run(std::size_t stage) = 0;
  /// Called once, last; with what a stage threw, or why the job was given up, or null.
  virtual void end(std::exception_ptr error) noexcept = 0;

 protected:
  PipelineJob() = default;
};

struct StageOptions {
  std::string name;
  std::size_t workers = 1;      ///< jobs under way at a time,
  std::size_t max_workers = 1;  ///< and where other hands are idle; at least `workers`
  std::size_t queue = 4;        ///< jobs that may wait for it; at least 1
};

struct EfficientPipelineOptions {
  std::vector<StageOptions> stages;
  bool overlap = true;         ///< off: one job at a time, from the first stage to the last
  bool load_balancing = true;  ///< off: no stage ever has more than its `workers`
  /// At most so many jobs may be between the start of the first stage and the end of stage `ahead_of`: 1 is
  /// no fetching ahead. 0: as many as the queues hold.
  std::size_t ahead = 0;
  std::size_t ahead_of = 0;
};

/// What a stage did so far.
struct StageReport {
  std::string name;
  std::size_t workers = 1;
  std::uint64_t jobs = 0;
  Nanoseconds busy{0};       ///< of all its workers together
  Nanoseconds cpu{0};        ///< of it, on a core; the rest it waited
  Nanoseconds idle{0};       ///< workers × the time that anything ran, less busy; never negative
  std::uint64_t helped = 0;  ///< jobs that ran beyond its `workers`, on hands that were idle
  std::size_t most_waiting = 0;
  Histogram time;   ///< a job
  Histogram waits;  ///< of a job in front of it
  /// busy / (workers × the time that anything ran); 0 before anything did.
  double occupancy = 0;
};

struct PipelineReport {
  std::vector<StageReport> stages;
  std::uint64_t ended = 0;
  std::uint64_t failed = 0;      ///< of them, with an error
  Nanoseconds active{0};         ///< while any stage ran
  Nanoseconds overlapped{0};     ///< of it, while two or more different stages did
  Nanoseconds slowest_stage{0};  ///< busy / workers of the stage that limits
  [[nodiscard]] double overlap_ratio() const;
  /// slowest_stage / active: 1 when the pipeline is as fast as its slowest stage alone.
  [[nodiscard]] double efficiency() const;
};

class EfficientPipeline {
 public:
  /// Throws Error{kEnvironment} where the system gives it too few threads.
  EfficientPipeline(EfficientPipelineOptions options, const Clock& clock);
  /// Stops.
  ~EfficientPipeline();
  EfficientPipeline(const EfficientPipeline&) = delete;
  EfficientPipeline& operator=(const EfficientPipeline&) = delete;

  /// Waits for room in front of the first stage. False after a stop: the job was ended with an error.
  bool submit(std::unique_ptr<PipelineJob> job) CACHEBENCH_EXCLUDES(mutex_);
  /// Waits until all jobs so far have ended.
  void drain() CACHEBENCH_EXCLUDES(mutex_);
  /// Ends waiting jobs with an error, lets those under way finish their stage, and joins the threads: on
  /// return none of them runs, whoever called first. Not from a stage.
  void stop() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] PipelineReport report() const CACHEBENCH_EXCLUDES(mutex_);
  /// Starts counting anew.
  void reset_report() CACHEBENCH_EXCLUDES(mutex_);

 private:
  struct Waiting {
    std::unique_ptr<PipelineJob> job;
    Nanoseconds since{0};
  };
  struct Stage {
    StageOptions options;
    std::deque<Waiting> queue;
    std::size_t running = 0;
    StageReport report;
  };
  struct Taken {
    std::unique_ptr<PipelineJob> job;
    std::size_t stage = 0;
    Nanoseconds started{0};
    Nanoseconds cpu{0};  ///< that it took on a core
  };

  void start_threads();
  /// A thread; looks for work in `stage` first.
  void work(std::size_t stage);
  [[nodiscard]] bool may_start(std::size_t stage) const CACHEBENCH_REQUIRES(mutex_);
  // Whether one of the stage's own workers has nothing to do.
  [[nodiscard]] bool own_free(std::size_t stage) const CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] bool any_may_start() const CACHEBENCH_REQUIRES(mutex_);
  void start(std::size_t stage, Taken& taken) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] bool take(std::size_t last, Taken& taken) CACHEBENCH_REQUIRES(mutex_);
  void finish(Taken taken, const std::exception_ptr& error) CACHEBENCH_EXCLUDES(mutex_);
  void note_time(Nanoseconds now) CACHEBENCH_REQUIRES(mutex_);
  void end_job(std::unique_ptr<PipelineJob> job, const std::exception_ptr& error) CACHEBENCH_EXCLUDES(mutex_);

  const EfficientPipelineOptions options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  CondVar work_;
  CondVar room_;
  CondVar ended_;
  std::deque<Stage> stages_ CACHEBENCH_GUARDED_BY(mutex_);
  std::size_t under_way_ CACHEBENCH_GUARDED_BY(mutex_) = 0;  // submitted and not ended
  std::size_t ahead_ CACHEBENCH_GUARDED_BY(mutex_) = 0;      // of them, not past `ahead_of`
  bool stopping_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  bool joined_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  Nanoseconds noted_ CACHEBENCH_GUARDED_BY(mutex_){0};
  PipelineReport report_ CACHEBENCH_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::pipeline
