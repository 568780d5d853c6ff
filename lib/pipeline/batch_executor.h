// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/units.h"
#include "pipeline/request.h"

/// The border between whoever forms batches (the asynchronous processor, a data loader) and whoever computes
/// them (the staged pipeline, or the model directly). An executor owns neither requests nor results. It may
/// be called by several threads at once, each with a batch of its own.
namespace cachebench::pipeline {

/// One request of a batch. The request outlives the call.
struct BatchItem {
  const AsyncMultimodalRequest* request = nullptr;
  Nanoseconds submitted{0};  ///< on the executor's clock; timings count from here
};

/// Where a running batch says what has ended, and asks who may join it. Used by the executing thread alone.
class BatchFeed {
 public:
  virtual ~BatchFeed() = default;
  /// Item `index` has ended: exactly once each, as soon as it has. The request may be gone afterwards.
  virtual void finish(std::size_t index, AsyncMultimodalResult result) = 0;
  /// Requests that join now, between two steps of decoding; they count on from the items so far. Empty: none.
  [[nodiscard]] virtual std::vector<BatchItem> join() = 0;

 protected:
  BatchFeed() = default;
  BatchFeed(const BatchFeed&) = default;
  BatchFeed& operator=(const BatchFeed&) = default;
};

class BatchExecutor {
 public:
  virtual ~BatchExecutor() = default;
  BatchExecutor(const BatchExecutor&) = delete;
  BatchExecutor& operator=(const BatchExecutor&) = delete;

  /// One result an item, in order; what goes wrong with one request is in its result. Looks at cancellation
  /// and deadline of each request between steps. Fills in everything but `timings.queued` and `batch_size`.
  /// An executor that throws has failed all items alike.
  [[nodiscard]] virtual std::vector<AsyncMultimodalResult> execute(std::span<const BatchItem> batch) = 0;

  /// The same with results as they come, and requests that join on the way, where the executor can. When it
  /// throws, what it had not finished has failed. The default executes the batch whole and lets nobody join.
  virtual void execute_feeding(std::span<const BatchItem> batch, BatchFeed& feed);

 protected:
  BatchExecutor() = default;
};

}  // namespace cachebench::pipeline
