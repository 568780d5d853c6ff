// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <vector>

#include "pipeline/async/async_multimodal_processor.h"

/// The asynchronous processor as one model has it, with the switch of the source document: enabled, requests
/// are buffered, batched and answered by threads; disabled, each is answered one at a time in the thread that
/// submits it, with the same results, checks and errors. Borrows executor, geometry and clock. Thread-safe.
namespace cachebench::pipeline {

class Qwen3VL2BAsyncMultimodalManager {
 public:
  /// Throws Error{kUsage} for a config that makes no sense.
  Qwen3VL2BAsyncMultimodalManager(BatchExecutor& executor, const model::Geometry& geometry,
                                  const Clock& clock, const AsyncConfig& config);

  /// Ready at once where processing is not asynchronous.
  [[nodiscard]] std::future<AsyncMultimodalResult> submit(AsyncMultimodalRequest request);
  [[nodiscard]] std::vector<std::future<AsyncMultimodalResult>> submit_batch(
      std::vector<AsyncMultimodalRequest> requests);
  /// Waits for the result.
  [[nodiscard]] AsyncMultimodalResult process(AsyncMultimodalRequest request);
  [[nodiscard]] std::vector<AsyncMultimodalResult> process_batch(
      std::vector<AsyncMultimodalRequest> requests);

  void drain() { processor_.drain(); }
  void stop(StopMode mode) { processor_.stop(mode); }
  [[nodiscard]] ProcessorStatistics statistics() const { return processor_.statistics(); }
  [[nodiscard]] bool asynchronous() const { return asynchronous_; }
  [[nodiscard]] AsyncMultimodalProcessor& processor() { return processor_; }

 private:
  const bool asynchronous_;
  AsyncMultimodalProcessor processor_;
};

/// What is left of a config when processing is not asynchronous: no threads, no waiting, batches of one.
[[nodiscard]] AsyncConfig one_at_a_time(AsyncConfig config);

}  // namespace cachebench::pipeline
