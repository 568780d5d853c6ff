// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/sync.h"
#include "model/geometry.h"
#include "pipeline/async/async_config.h"
#include "pipeline/async/pending_requests.h"
#include "pipeline/batch_executor.h"
#include "pipeline/request.h"
#include "pipeline/variable_batch_processor.h"

/// Takes requests into a bounded buffer, forms batches by urgency, size, complexity, memory and timeout, has
/// them executed, and ends every request exactly once, with a result: whatever goes wrong with one, what the
/// executor throws included, is told in results and futures, never thrown here. Borrows executor, geometry
/// and clock, which outlive it. Thread-safe.
///
/// A batch starts when it is full, when somebody has waited `async_batch_timeout`, or when the buffer is
/// being drained. While it decodes, others join it, the most urgent first. Cancellation and deadlines take
/// effect when the buffer is looked at, and between two steps of decoding.
///
/// With `workers` 0 it has no threads and nothing happens but in `step`: for tests on a virtual clock, and
/// for callers with a loop of their own. Results are called back outside of all locks; from there a caller
/// may submit (a full buffer then rejects instead of blocking) and stop, but not drain.
namespace cachebench::pipeline {

struct ProcessorStatistics {
  std::uint64_t submitted = 0;
  std::array<std::uint64_t, kRequestStatuses> ended = {};  ///< by status
  std::uint64_t joined = 0;                                ///< entered a batch that was under way
  std::uint64_t callback_errors = 0;
  std::uint64_t waiting = 0;  ///< now
  std::uint64_t in_flight = 0;
  std::uint64_t max_waiting = 0;
  std::uint64_t max_in_flight = 0;
  Nanoseconds busy{0};  ///< in the executor, summed over workers
  PaddingAccount padding;
  [[nodiscard]] std::uint64_t ended_with(RequestStatus status) const {
    return ended[static_cast<std::size_t>(status)];
  }
};

enum class StopMode : std::uint8_t {
  kDrain,   ///< what was taken is finished
  kCancel,  ///< what waits is cancelled, what runs is cancelled between two steps
};

class AsyncMultimodalProcessor {
 public:
  /// Throws Error{kUsage} for a config that makes no sense, and Error{kEnvironment} where the system gives it
  /// too few threads.
  AsyncMultimodalProcessor(BatchExecutor& executor, const model::Geometry& geometry, const Clock& clock,
                           const AsyncConfig& config);
  ~AsyncMultimodalProcessor();  ///< stop(kCancel)
  AsyncMultimodalProcessor(const AsyncMultimodalProcessor&) = delete;
  AsyncMultimodalProcessor& operator=(const AsyncMultimodalProcessor&) = delete;

  /// The future always becomes ready, with a result and never with an exception.
  [[nodiscard]] std::future<AsyncMultimodalResult> submit(AsyncMultimodalRequest request)
      CACHEBENCH_EXCLUDES(mutex_);
  /// One after the other, each on its own terms.
  [[nodiscard]] std::vector<std::future<AsyncMultimodalResult>> submit_batch(
      std::vector<AsyncMultimodalRequest> requests) CACHEBENCH_EXCLUDES(mutex_);

  /// Blocks until everything that was submitted has ended; batches do not wait for company meanwhile.
  void drain() CACHEBENCH_EXCLUDES(mutex_);
  /// Nothing is taken any more. Blocks until the threads have ended, unless one of them calls.
  void stop(StopMode mode) CACHEBENCH_EXCLUDES(mutex_);

  /// Does in the calling thread what is due now: ends what nobody waits for, or executes one batch. False
  /// when nothing is due.
  bool step() CACHEBENCH_EXCLUDES(mutex_);
  /// When `step` will have something to do, as things are; nothing: not before a submission or a result.
  [[nodiscard]] std::optional<Nanoseconds> next_due() CACHEBENCH_EXCLUDES(mutex_);
  /// Tells waiting threads that a clock which they cannot hear has moved.
  void wake();

  [[nodiscard]] ProcessorStatistics statistics() const CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] const AsyncConfig& config() const { return config_; }
  /// Whether this very thread is in a callback of a request, or executes its batch.
  [[nodiscard]] bool called_back_here() const;

 private:
  class Feed;
  /// Something to do without the lock.
  struct Task {
    std::vector<PendingPtr> unwanted;
    std::vector<PendingPtr> batch;
    [[nodiscard]] bool empty() const { return unwanted.empty() && batch.empty(); }
  };

  /// Who is not to be taken, and why.
  struct Refusal {
    PendingPtr pending;
    RequestStatus status = RequestStatus::kRejected;
    std::string reason;
  };

  void start_threads() CACHEBENCH_EXCLUDES(mutex_);
  void work() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] PendingPtr open(AsyncMultimodalRequest request) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] Refusal enter(PendingPtr pending) CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] Refusal enter_full(PendingPtr pending) CACHEBENCH_REQUIRES(mutex_);
  void wait_for_room(const PendingRequest& pending) CACHEBENCH_REQUIRES(mutex_);
  void make_room_here() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] Task next_task() CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] std::vector<std::size_t> due_batch(Nanoseconds now) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] std::uint32_t slots() const CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] std::optional<Nanoseconds> due_time() CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] std::vector<PendingPtr> join(const BatchLimits& room) CACHEBENCH_EXCLUDES(mutex_);
  void start(std::size_t requests) CACHEBENCH_REQUIRES(mutex_);
  void perform(Task task) CACHEBENCH_EXCLUDES(mutex_);
  void execute(std::vector<PendingPtr> batch) CACHEBENCH_EXCLUDES(mutex_);
  void leave_flight() CACHEBENCH_EXCLUDES(mutex_);
  void end(PendingPtr pending, AsyncMultimodalResult result) CACHEBENCH_EXCLUDES(mutex_);

  BatchExecutor& executor_;
  const model::Geometry& geometry_;
  const Clock& clock_;
  const AsyncConfig config_;

  mutable Mutex mutex_;
  CondVar work_;   // something may be due
  CondVar room_;   // the buffer is no longer full, or never will be
  CondVar ended_;  // requests have ended
  PendingRequests waiting_ CACHEBENCH_GUARDED_BY(mutex_);
  VariableBatchProcessor batches_ CACHEBENCH_GUARDED_BY(mutex_);
  ProcessorStatistics statistics_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t arrivals_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::uint64_t open_ CACHEBENCH_GUARDED_BY(mutex_) = 0;      // taken and not yet ended
  std::uint32_t draining_ CACHEBENCH_GUARDED_BY(mutex_) = 0;  // callers of drain
  bool stopping_ CACHEBENCH_GUARDED_BY(mutex_) = false;
  const CancellationToken stop_now_;  // every running request listens to it
  std::vector<std::thread> threads_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::pipeline
