// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/efficient_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "core/thread_time.h"

namespace cachebench::pipeline {
namespace {

double share(Nanoseconds part, Nanoseconds whole) {
  return whole.count() <= 0 ? 0 : static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

std::exception_ptr stopped_error() {
  return std::make_exception_ptr(Error(ErrorKind::kUsage, "the pipeline was stopped"));
}

// One job at a time: what runs in order on one thread.
EfficientPipelineOptions checked(EfficientPipelineOptions options) {
  CACHEBENCH_CHECK(!options.stages.empty(), "a pipeline of no stages");
  for (StageOptions& stage : options.stages) {
    CACHEBENCH_CHECK(stage.workers > 0 && stage.queue > 0, "stage {}: {} workers, a queue of {}", stage.name,
                     stage.workers, stage.queue);
    stage.max_workers = options.load_balancing && options.overlap ? std::max(stage.workers, stage.max_workers)
                                                                  : stage.workers;
  }
  if (!options.overlap) {
    options.ahead = 1;
    options.ahead_of = options.stages.size() - 1;
  }
  return options;
}

std::size_t threads_for(const EfficientPipelineOptions& options) {
  if (!options.overlap) return 1;
  std::size_t threads = 0;
  for (const StageOptions& stage : options.stages) threads += stage.workers;
  return threads;
}

}  // namespace

double PipelineReport::overlap_ratio() const {
  return share(overlapped, active);
}

double PipelineReport::efficiency() const {
  return share(slowest_stage, active);
}

EfficientPipeline::EfficientPipeline(EfficientPipelineOptions options, const Clock& clock)
    : options_(checked(std::move(options))), clock_(clock) {
  {
    const MutexLock lock(mutex_);
    for (const StageOptions& stage : options_.stages) {
      stages_.emplace_back();
      stages_.back().options = stage;
    }
  }
  try {
    start_threads();
  } catch (const std::system_error& error) {
    stop();
    throw Error(ErrorKind::kEnvironment,
                fmt::format("the stages' {} threads could not all be started ({}): give them fewer workers",
                            threads_for(options_), error.code().message()));
  } catch (...) {
    stop();
    throw;
  }
}

// A thread for each worker that a stage may count on; that stage is where it begins to look.
void EfficientPipeline::start_threads() {
  const MutexLock lock(mutex_);
  threads_.reserve(threads_for(options_));
  for (std::size_t i = 0; i < options_.stages.size() && threads_.size() < threads_for(options_); ++i) {
    for (std::size_t n = 0; n < options_.stages[i].workers && threads_.size() < threads_for(options_); ++n)
      threads_.emplace_back([this, i] { work(i); });
  }
}

EfficientPipeline::~EfficientPipeline() {
  stop();
}

bool EfficientPipeline::submit(std::unique_ptr<PipelineJob> job) {
  {
    const MutexLock lock(mutex_);
    while (!stopping_ && stages_.front().queue.size() >= stages_.front().options.queue) room_.wait(mutex_);
    if (!stopping_) {
      Stage& first = stages_.front();
      first.queue.push_back({.job = std::move(job), .since = clock_.now()});
      first.report.most_waiting = std::max(first.report.most_waiting, first.queue.size());
      ++under_way_;
      if (any_may_start()) work_.notify_one();
      return true;
    }
  }
  job->end(stopped_error());
  return false;
}

void EfficientPipeline::drain() {
  const MutexLock lock(mutex_);
  while (under_way_ > 0) ended_.wait(mutex_);
}

void EfficientPipeline::stop() {
  std::vector<std::unique_ptr<PipelineJob>> given_up;
  std::vector<std::thread> threads;
  bool first = false;
  {
    const MutexLock lock(mutex_);
    first = !std::exchange(stopping_, true);
    threads.swap(threads_);
    for (Stage& stage : stages_) {
      for (Waiting& waiting : stage.queue) given_up.push_back(std::move(waiting.job));
      stage.queue.clear();
    }
    work_.notify_all();
    room_.notify_all();
  }
  for (auto& job : given_up) end_job(std::move(job), stopped_error());
  for (std::thread& thread : threads) thread.join();
  const MutexLock lock(mutex_);
  if (first) {
    joined_ = true;
    ended_.notify_all();
  }
  while (!joined_) ended_.wait(mutex_);
}

bool EfficientPipeline::may_start(std::size_t index) const {
  const Stage& stage = stages_[index];
  if (stage.queue.empty() || stage.running >= stage.options.max_workers) return false;
  if (index == 0 && options_.ahead > 0 && ahead_ >= options_.ahead) return false;
  if (index + 1 == stages_.size()) return true;
  const Stage& next = stages_[index + 1];
  return next.queue.size() + stage.running < next.options.queue;
}

bool EfficientPipeline::any_may_start() const {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (may_start(i)) return true;
  }
  return false;
}

void EfficientPipeline::start(std::size_t index, Taken& taken) {
  Stage& stage = stages_[index];
  const Nanoseconds now = clock_.now();
  note_time(now);
  taken = {.job = std::move(stage.queue.front().job), .stage = index, .started = now};
  stage.report.waits.record((now - stage.queue.front().since).count());
  stage.queue.pop_front();
  if (stage.running >= stage.options.workers) ++stage.report.helped;
  ++stage.running;
  if (index > 0) return;
  ++ahead_;
  room_.notify_all();
}

bool EfficientPipeline::own_free(std::size_t stage) const {
  return stages_[stage].running < stages_[stage].options.workers;
}

// The stage that this thread did last, as long as it has work: its code and data are warm on this core, and a
// stage that keeps a core busy stays there instead of being placed anew beside another such one. Then those
// that are furthest on; hands go beyond a stage's own workers only when no stage has need of them.
bool EfficientPipeline::take(std::size_t last, Taken& taken) {
  if (may_start(last) && own_free(last)) {
    start(last, taken);
    return true;
  }
  for (const bool beyond : {false, true}) {
    for (std::size_t i = stages_.size(); i-- > 0;) {
      if (!may_start(i) || own_free(i) == beyond) continue;
      start(i, taken);
      return true;
    }
  }
  return false;
}

// Whoever takes a job wakes one more thread if there is another to be taken, so no more wake up than have
// something to do: each that wakes in vain takes a core away from a stage that computes.
void EfficientPipeline::work(std::size_t stage) {
  for (;;) {
    Taken taken;
    {
      const MutexLock lock(mutex_);
      while (!take(stage, taken)) {
        if (stopping_) return;
        work_.wait(mutex_);
      }
      if (any_may_start()) work_.notify_one();
    }
    stage = taken.stage;
    std::exception_ptr error;
    const Nanoseconds cpu = thread_time();
    try {
      taken.job->run(taken.stage);
    } catch (...) {
      error = std::current_exception();
    }
    taken.cpu = thread_time() - cpu;
    finish(std::move(taken), error);
  }
}

void EfficientPipeline::finish(Taken taken, const std::exception_ptr& error) {
  std::exception_ptr reason = error;
  {
    const MutexLock lock(mutex_);
    const Nanoseconds now = clock_.now();
    note_time(now);
    Stage& stage = stages_[taken.stage];
    --stage.running;
    ++stage.report.jobs;
    stage.report.busy += now - taken.started;
    stage.report.cpu += taken.cpu;
    stage.report.time.record((now - taken.started).count());
    const bool last = taken.stage + 1 == stages_.size();
    if (!error && stopping_ && !last) reason = stopped_error();
    const bool goes_on = !reason && !last;
    const bool before_gate = taken.stage <= options_.ahead_of;
    if (before_gate && (!goes_on || taken.stage == options_.ahead_of)) --ahead_;
    if (goes_on) {
      Stage& next = stages_[taken.stage + 1];
      next.queue.push_back({.job = std::move(taken.job), .since = now});
      next.report.most_waiting = std::max(next.report.most_waiting, next.queue.size());
    }
    // This thread looks for more as soon as it has ended the job, which may take long.
    if (taken.job && any_may_start()) work_.notify_one();
  }
  if (taken.job) end_job(std::move(taken.job), reason);
}

void EfficientPipeline::end_job(std::unique_ptr<PipelineJob> job, const std::exception_ptr& error) {
  {
    const MutexLock lock(mutex_);  // before its caller hears of the end, and asks for a report
    ++report_.ended;
    if (error) ++report_.failed;
  }
  job->end(error);
  job.reset();
  const MutexLock lock(mutex_);
  --under_way_;
  ended_.notify_all();
}

// Takes the time since the last change into account. How many stages run changes only where this is called.
void EfficientPipeline::note_time(Nanoseconds now) {
  const auto running =
      std::count_if(stages_.begin(), stages_.end(), [](const Stage& s) { return s.running > 0; });
  if (running > 0) report_.active += now - noted_;
  if (running > 1) report_.overlapped += now - noted_;
  noted_ = now;
}

PipelineReport EfficientPipeline::report() const {
  const MutexLock lock(mutex_);
  PipelineReport report = report_;
  for (const Stage& stage : stages_) {
    StageReport one = stage.report;
    one.name = stage.options.name;
    one.workers = stage.options.workers;
    const Nanoseconds capacity = report.active * static_cast<std::int64_t>(one.workers);
    one.idle = std::max(Nanoseconds{0}, capacity - one.busy);
    one.occupancy = share(one.busy, capacity);
    report.slowest_stage = std::max(report.slowest_stage, one.busy / static_cast<std::int64_t>(one.workers));
    report.stages.push_back(std::move(one));
  }
  return report;
}

void EfficientPipeline::reset_report() {
  const MutexLock lock(mutex_);
  report_ = {};
  noted_ = clock_.now();
  for (Stage& stage : stages_) stage.report = {};
}

}  // namespace cachebench::pipeline
