// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/efficient_pipeline.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/error.h"

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
  for (std::size_t i = 0; i < threads_for(options_); ++i) threads_.emplace_back([this] { work(); });
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
      work_.notify_all();
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
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    for (Stage& stage : stages_) {
      for (Waiting& waiting : stage.queue) given_up.push_back(std::move(waiting.job));
      stage.queue.clear();
    }
    work_.notify_all();
    room_.notify_all();
  }
  for (auto& job : given_up) end_job(std::move(job), stopped_error());
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool EfficientPipeline::may_start(std::size_t index) const {
  const Stage& stage = stages_[index];
  if (stage.queue.empty() || stage.running >= stage.options.max_workers) return false;
  if (index == 0 && options_.ahead > 0 && ahead_ >= options_.ahead) return false;
  if (index + 1 == stages_.size()) return true;
  const Stage& next = stages_[index + 1];
  return next.queue.size() + stage.running < next.options.queue;
}

// Those that are furthest on first; hands go beyond a stage's own workers only when no stage has need of
// them.
bool EfficientPipeline::take(Taken& taken) {
  for (const bool beyond : {false, true}) {
    for (std::size_t i = stages_.size(); i-- > 0;) {
      Stage& stage = stages_[i];
      if (!may_start(i) || (stage.running >= stage.options.workers) != beyond) continue;
      const Nanoseconds now = clock_.now();
      note_time(now);
      taken = {.job = std::move(stage.queue.front().job), .stage = i, .started = now};
      stage.report.waits.record((now - stage.queue.front().since).count());
      stage.queue.pop_front();
      ++stage.running;
      if (beyond) ++stage.report.helped;
      if (i == 0) {
        ++ahead_;
        room_.notify_all();
      }
      return true;
    }
  }
  return false;
}

void EfficientPipeline::work() {
  for (;;) {
    Taken taken;
    {
      const MutexLock lock(mutex_);
      while (!take(taken)) {
        if (stopping_) return;
        work_.wait(mutex_);
      }
      work_.notify_all();  // room in front of this stage
    }
    std::exception_ptr error;
    try {
      taken.job->run(taken.stage);
    } catch (...) {
      error = std::current_exception();
    }
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
    work_.notify_all();
  }
  if (taken.job) end_job(std::move(taken.job), reason);
}

void EfficientPipeline::end_job(std::unique_ptr<PipelineJob> job, const std::exception_ptr& error) {
  job->end(error);
  job.reset();
  const MutexLock lock(mutex_);
  ++report_.ended;
  if (error) ++report_.failed;
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
