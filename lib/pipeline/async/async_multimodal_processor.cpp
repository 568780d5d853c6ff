// SPDX-License-Identifier: Apache-2.0
#include "pipeline/async/async_multimodal_processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "core/check.h"
#include "pipeline/isolate.h"
#include "pipeline/request_size.h"
#include "pipeline/running_request.h"

namespace cachebench::pipeline {
namespace {

// Whether this thread is executing a batch for the processor: what it calls back must not wait for it.
thread_local const AsyncMultimodalProcessor* executing_for = nullptr;

class ExecutingFor {
 public:
  explicit ExecutingFor(const AsyncMultimodalProcessor* processor)
      : before_(std::exchange(executing_for, processor)) {}
  ~ExecutingFor() { executing_for = before_; }
  ExecutingFor(const ExecutingFor&) = delete;
  ExecutingFor& operator=(const ExecutingFor&) = delete;

 private:
  const AsyncMultimodalProcessor* before_;
};

AsyncConfig checked(const AsyncConfig& config) {
  check(config);
  return config;
}

std::string line(const AsyncMultimodalRequest& request, const std::string& reason) {
  return fmt::format("request {}: {}", request.id, reason);
}

}  // namespace

/// One batch while it is executed: owns its requests, hands out their results, asks for more.
class AsyncMultimodalProcessor::Feed final : public BatchFeed {
 public:
  Feed(AsyncMultimodalProcessor& processor, std::vector<PendingPtr> batch)
      : processor_(processor), limits_(processor.config_.batching().limits) {
    add(std::move(batch));
  }

  [[nodiscard]] std::vector<BatchItem> items(std::size_t from = 0) const {
    std::vector<BatchItem> items;
    for (std::size_t i = from; i < members_.size(); ++i)
      items.push_back(
          {.request = &members_[i].pending->request, .submitted = members_[i].pending->submitted});
    return items;
  }

  void finish(std::size_t index, AsyncMultimodalResult result) override {
    CACHEBENCH_CHECK(index < members_.size() && members_[index].pending != nullptr,
                     "item {} of {} ends twice or was none", index, members_.size());
    Member& member = members_[index];
    PendingPtr pending = std::move(member.pending);
    --active_;
    complexity_ -= complexity_of(pending->candidate, limits_.weights);
    memory_ -= pending->candidate.memory;
    result.timings.queued = member.started - pending->submitted;
    result.batch_size = member.batch_size;
    processor_.leave_flight();
    processor_.end(std::move(pending), std::move(result));
  }

  [[nodiscard]] std::vector<BatchItem> join() override {
    if (active_ == 0 || active_ >= limits_.max_requests) return {};
    BatchLimits room = limits_;
    room.max_requests -= static_cast<std::uint32_t>(active_);
    if (room.max_complexity > 0) room.max_complexity -= complexity_;
    if (room.max_memory > Bytes{0})
      room.max_memory = room.max_memory > memory_ ? room.max_memory - memory_ : Bytes{0};
    // 0 would mean no limit.
    if (limits_.max_complexity > 0 && room.max_complexity <= 0) return {};
    if (limits_.max_memory > Bytes{0} && room.max_memory == Bytes{0}) return {};
    const std::size_t before = members_.size();
    add(processor_.join(room));
    return items(before);
  }

  /// Ends whoever the executor left without a result.
  void finish_rest(const std::string& reason) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (members_[i].pending == nullptr) continue;
      const AsyncMultimodalRequest& request = members_[i].pending->request;
      finish(i, unanswered(request, RequestStatus::kFailed, line(request, reason)));
    }
  }

 private:
  struct Member {
    PendingPtr pending;
    Nanoseconds started{0};
    std::uint32_t batch_size = 0;
  };

  void add(std::vector<PendingPtr> more) {
    const Nanoseconds now = processor_.clock_.now();
    active_ += more.size();
    const auto size = static_cast<std::uint32_t>(active_);
    for (PendingPtr& pending : more) {
      complexity_ += complexity_of(pending->candidate, limits_.weights);
      memory_ += pending->candidate.memory;
      members_.push_back({.pending = std::move(pending), .started = now, .batch_size = size});
    }
  }

  AsyncMultimodalProcessor& processor_;
  const BatchLimits limits_;
  std::vector<Member> members_;
  std::size_t active_ = 0;
  double complexity_ = 0;
  Bytes memory_{0};
};

AsyncMultimodalProcessor::AsyncMultimodalProcessor(BatchExecutor& executor, const model::Geometry& geometry,
                                                   const Clock& clock, const AsyncConfig& config)
    : executor_(executor),
      geometry_(geometry),
      clock_(clock),
      config_(checked(config)),
      waiting_(config.async_buffer_size, config.max_wait),
      batches_(config.batching()) {
  try {
    start_threads();
  } catch (const std::system_error& error) {
    stop(StopMode::kCancel);
    throw Error(ErrorKind::kEnvironment,
                fmt::format("workers: {} threads could not all be started ({}): give it fewer",
                            config_.workers, error.code().message()));
  } catch (...) {
    stop(StopMode::kCancel);
    throw;
  }
}

void AsyncMultimodalProcessor::start_threads() {
  const MutexLock lock(mutex_);
  threads_.reserve(config_.workers);
  for (std::uint32_t i = 0; i < config_.workers; ++i) threads_.emplace_back([this] { work(); });
}

AsyncMultimodalProcessor::~AsyncMultimodalProcessor() {
  stop(StopMode::kCancel);
}

PendingPtr AsyncMultimodalProcessor::open(AsyncMultimodalRequest request) {
  auto pending = std::make_unique<PendingRequest>();
  pending->callers_token = request.cancellation;
  request.cancellation = CancellationToken::with_either(request.cancellation, stop_now_);
  if (request.on_token) {
    request.on_token = [this, heard = std::move(request.on_token)](const StreamedToken& token) {
      try {
        heard(token);
      } catch (...) {  // the caller's affair, and nobody else's
        const MutexLock lock(mutex_);
        ++statistics_.callback_errors;
      }
    };
  }
  pending->request = std::move(request);
  pending->submitted = clock_.now();
  const MutexLock lock(mutex_);
  ++statistics_.submitted;
  ++open_;
  return pending;
}

std::future<AsyncMultimodalResult> AsyncMultimodalProcessor::submit(AsyncMultimodalRequest request) {
  PendingPtr pending = open(std::move(request));
  std::future<AsyncMultimodalResult> future = pending->promise.get_future();
  Refusal refusal;
  try {
    const RequestSize size = measure(pending->request, geometry_);
    pending->candidate = {
        .text_tokens = size.text_tokens, .visual_tokens = size.visual_tokens, .memory = size.memory};
    if (config_.workers == 0 && config_.back_pressure == BackPressure::kBlock) make_room_here();
    refusal = enter(std::move(pending));
  } catch (...) {
    refusal = {
        .pending = std::move(pending), .status = RequestStatus::kFailed, .reason = error_in_flight().what()};
    CACHEBENCH_CHECK(refusal.pending != nullptr, "{}", refusal.reason);
  }
  if (refusal.pending != nullptr) {
    AsyncMultimodalResult result =
        unanswered(refusal.pending->request, refusal.status, std::move(refusal.reason));
    end(std::move(refusal.pending), std::move(result));
  }
  return future;
}

std::vector<std::future<AsyncMultimodalResult>> AsyncMultimodalProcessor::submit_batch(
    std::vector<AsyncMultimodalRequest> requests) {
  std::vector<std::future<AsyncMultimodalResult>> futures;
  futures.reserve(requests.size());
  for (AsyncMultimodalRequest& request : requests) futures.push_back(submit(std::move(request)));
  return futures;
}

AsyncMultimodalProcessor::Refusal AsyncMultimodalProcessor::enter(PendingPtr pending) {
  const MutexLock lock(mutex_);
  pending->arrival = arrivals_++;
  if (waiting_.full() && !stopping_ && config_.back_pressure == BackPressure::kBlock) wait_for_room(*pending);
  if (stopping_) {
    std::string reason = line(pending->request, "submitted after the processor was stopped");
    return {.pending = std::move(pending), .reason = std::move(reason)};
  }
  if (const auto status = unwanted(pending->request, clock_.now())) {
    std::string reason = line(pending->request, reason_of(*status));
    return {.pending = std::move(pending), .status = *status, .reason = std::move(reason)};
  }
  if (waiting_.full()) return enter_full(std::move(pending));
  waiting_.push(std::move(pending));
  statistics_.max_waiting = std::max<std::uint64_t>(statistics_.max_waiting, waiting_.size());
  work_.notify_one();
  return {};
}

AsyncMultimodalProcessor::Refusal AsyncMultimodalProcessor::enter_full(PendingPtr pending) {
  const std::size_t waiting = waiting_.size();
  if (config_.back_pressure != BackPressure::kShed) {
    std::string reason = line(pending->request, fmt::format("no room, {} requests are waiting", waiting));
    return {.pending = std::move(pending), .reason = std::move(reason)};
  }
  PendingPtr victim = waiting_.shed_for(std::move(pending));
  work_.notify_one();
  std::string reason =
      line(victim->request, fmt::format("given up for one of {} others that are waiting", waiting));
  return {.pending = std::move(victim), .status = RequestStatus::kShed, .reason = std::move(reason)};
}

void AsyncMultimodalProcessor::wait_for_room(const PendingRequest& pending) {
  if (executing_for == this || config_.workers == 0) return;
  // Nobody says when a token is cancelled or a deadline passes: look now and then.
  constexpr std::chrono::milliseconds kLook{20};
  while (waiting_.full() && !stopping_ && !unwanted(pending.request, clock_.now())) {
    room_.wait_for(mutex_, kLook);
  }
}

// Without threads the caller that finds the buffer full does what there is to do.
void AsyncMultimodalProcessor::make_room_here() {
  if (executing_for == this) return;
  for (;;) {
    Task task;
    {
      const MutexLock lock(mutex_);
      if (!waiting_.full() || stopping_) return;
      ++draining_;
      task = next_task();
      --draining_;
    }
    if (task.empty()) return;
    perform(std::move(task));
  }
}

std::uint32_t AsyncMultimodalProcessor::slots() const {
  const std::uint64_t most = config_.async_max_concurrent_requests;
  return static_cast<std::uint32_t>(most - std::min<std::uint64_t>(most, statistics_.in_flight));
}

std::vector<std::size_t> AsyncMultimodalProcessor::due_batch(Nanoseconds now) {
  if (waiting_.empty() || slots() == 0) return {};
  BatchLimits limits = batches_.limits();
  limits.max_requests = std::min(limits.max_requests, slots());
  const std::span<const BatchCandidate> candidates = waiting_.candidates(now);
  std::vector<std::size_t> batch = batches_.next_batch(candidates, limits);
  const bool due = stopping_ || draining_ > 0 || batch.size() >= limits.max_requests ||
                   now - *waiting_.oldest_submission() >= config_.async_batch_timeout ||
                   batches_.is_full(candidates, batch);
  if (!due) batch.clear();
  return batch;
}

std::optional<Nanoseconds> AsyncMultimodalProcessor::due_time() {
  const Nanoseconds now = clock_.now();
  if (!due_batch(now).empty()) return now;
  std::optional<Nanoseconds> due = waiting_.earliest_deadline();
  if (!waiting_.empty() && slots() > 0) {
    const Nanoseconds timeout = *waiting_.oldest_submission() + config_.async_batch_timeout;
    due = due ? std::min(*due, timeout) : timeout;
  }
  return due ? std::max(*due, now) : due;
}

AsyncMultimodalProcessor::Task AsyncMultimodalProcessor::next_task() {
  const Nanoseconds now = clock_.now();
  Task task;
  task.unwanted = waiting_.take_unwanted(now);
  if (task.unwanted.empty()) {
    const std::vector<std::size_t> due = due_batch(now);
    if (!due.empty()) task.batch = waiting_.take(due);
    start(task.batch.size());
  }
  if (!task.empty()) room_.notify_all();
  return task;
}

void AsyncMultimodalProcessor::start(std::size_t requests) {
  statistics_.in_flight += requests;
  statistics_.max_in_flight = std::max(statistics_.max_in_flight, statistics_.in_flight);
}

std::vector<PendingPtr> AsyncMultimodalProcessor::join(const BatchLimits& room) {
  const MutexLock lock(mutex_);
  if (!config_.continuous_batching || waiting_.empty() || slots() == 0 || stop_now_.cancelled()) return {};
  BatchLimits limits = room;
  limits.max_requests = std::min(limits.max_requests, slots());
  const std::span<const BatchCandidate> candidates = waiting_.candidates(clock_.now());
  // The most urgent one goes or nobody does: it would starve behind smaller ones.
  const BatchCandidate& head = candidates.front();
  if (limits.max_complexity > 0 && complexity_of(head, limits.weights) > limits.max_complexity) return {};
  if (limits.max_memory > Bytes{0} && head.memory > limits.max_memory) return {};
  const std::vector<std::size_t> chosen = batches_.next_batch(candidates, limits);
  std::vector<BatchCandidate> members;
  for (const std::size_t i : chosen) members.push_back(candidates[i]);
  batches_.account(members, Nanoseconds{0});
  std::vector<PendingPtr> joining = waiting_.take(chosen);
  statistics_.joined += joining.size();
  start(joining.size());
  room_.notify_all();
  return joining;
}

void AsyncMultimodalProcessor::work() {
  for (;;) {
    Task task;
    {
      const MutexLock lock(mutex_);
      for (task = next_task(); task.empty(); task = next_task()) {
        if (stopping_ && waiting_.empty()) {
          work_.notify_all();  // whoever waits for a slot needs none any more
          return;
        }
        const std::optional<Nanoseconds> due = due_time();
        if (due) {
          work_.wait_for(mutex_, std::min<Nanoseconds>(*due - clock_.now(), std::chrono::hours(1)));
        } else {
          work_.wait(mutex_);
        }
      }
      if (!waiting_.empty()) work_.notify_one();  // there may be another batch for another thread
    }
    perform(std::move(task));
  }
}

bool AsyncMultimodalProcessor::step() {
  Task task;
  {
    const MutexLock lock(mutex_);
    task = next_task();
  }
  const bool something = !task.empty();
  perform(std::move(task));
  return something;
}

void AsyncMultimodalProcessor::perform(Task task) {
  const ExecutingFor mark(this);
  for (PendingPtr& pending : task.unwanted) {
    // A token may be cancelled after the deadline passed, but what was unwanted stays so.
    const RequestStatus status = unwanted(pending->request, clock_.now()).value_or(RequestStatus::kCancelled);
    AsyncMultimodalResult result =
        unanswered(pending->request, status, line(pending->request, reason_of(status)));
    end(std::move(pending), std::move(result));
  }
  if (!task.batch.empty()) execute(std::move(task.batch));
}

void AsyncMultimodalProcessor::execute(std::vector<PendingPtr> batch) {
  std::vector<BatchCandidate> members;
  for (const PendingPtr& pending : batch) members.push_back(pending->candidate);
  Feed feed(*this, std::move(batch));
  const Nanoseconds begin = clock_.now();
  std::string reason = "the executor gave no result";
  try {
    executor_.execute_feeding(feed.items(), feed);
  } catch (...) {
    reason = error_in_flight().what();
  }
  const Nanoseconds elapsed = clock_.now() - begin;
  {
    const MutexLock lock(mutex_);
    batches_.account(members, elapsed);
    statistics_.busy += elapsed;
  }
  feed.finish_rest(reason);
}

void AsyncMultimodalProcessor::leave_flight() {
  const MutexLock lock(mutex_);
  --statistics_.in_flight;
  work_.notify_one();
}

void AsyncMultimodalProcessor::end(PendingPtr pending, AsyncMultimodalResult result) {
  result.timings.submitted = pending->submitted;
  result.timings.total = clock_.now() - pending->submitted;
  if (result.batch_size == 0) result.timings.queued = result.timings.total;
  if (result.status == RequestStatus::kCancelled && !pending->callers_token.cancelled())
    result.error = line(pending->request, "the processor was stopped");
  bool threw = false;
  if (pending->request.on_result) {
    const ExecutingFor mark(this);
    try {
      pending->request.on_result(result);
    } catch (...) {  // the caller's affair, and nobody else's
      threw = true;
    }
  }
  {
    const MutexLock lock(mutex_);
    ++statistics_.ended[static_cast<std::size_t>(result.status)];
    if (threw) ++statistics_.callback_errors;
  }
  pending->promise.set_value(std::move(result));
  pending.reset();
  const MutexLock lock(mutex_);
  if (--open_ == 0) ended_.notify_all();
}

void AsyncMultimodalProcessor::drain() {
  CACHEBENCH_CHECK(executing_for != this, "drain from a callback waits for itself");
  {
    const MutexLock lock(mutex_);
    ++draining_;
    work_.notify_all();
  }
  if (config_.workers == 0) {
    while (step()) {
    }
  }
  const MutexLock lock(mutex_);
  while (open_ > 0) ended_.wait(mutex_);
  --draining_;
}

void AsyncMultimodalProcessor::stop(StopMode mode) {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    if (mode == StopMode::kCancel) stop_now_.cancel();
    if (executing_for != this) threads.swap(threads_);
    work_.notify_all();
    room_.notify_all();
  }
  if (executing_for == this) return;  // it cannot wait for itself; the destructor will
  if (config_.workers == 0) {
    while (step()) {
    }
  }
  for (std::thread& thread : threads) thread.join();
  const MutexLock lock(mutex_);
  while (open_ > 0) ended_.wait(mutex_);
}

std::optional<Nanoseconds> AsyncMultimodalProcessor::next_due() {
  const MutexLock lock(mutex_);
  return due_time();
}

void AsyncMultimodalProcessor::wake() {
  const MutexLock lock(mutex_);
  work_.notify_all();
  room_.notify_all();
}

bool AsyncMultimodalProcessor::called_back_here() const {
  return executing_for == this;
}

ProcessorStatistics AsyncMultimodalProcessor::statistics() const {
  const MutexLock lock(mutex_);
  ProcessorStatistics copy = statistics_;
  copy.waiting = waiting_.size();
  copy.padding = batches_.padding();
  return copy;
}

}  // namespace cachebench::pipeline
