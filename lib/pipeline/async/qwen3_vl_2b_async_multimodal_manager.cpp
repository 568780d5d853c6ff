// SPDX-License-Identifier: Apache-2.0
#include "pipeline/async/qwen3_vl_2b_async_multimodal_manager.h"

#include <utility>

namespace cachebench::pipeline {

AsyncConfig one_at_a_time(AsyncConfig config) {
  config.workers = 0;
  config.enable_async_batching = false;
  config.continuous_batching = false;
  config.async_max_concurrent_requests = 1;
  config.async_batch_timeout = Nanoseconds{0};
  return config;
}

Qwen3VL2BAsyncMultimodalManager::Qwen3VL2BAsyncMultimodalManager(BatchExecutor& executor,
                                                                 const model::Geometry& geometry,
                                                                 const Clock& clock,
                                                                 const AsyncConfig& config)
    : asynchronous_(config.enable_async_multimodal_processing),
      processor_(executor, geometry, clock, asynchronous_ ? config : one_at_a_time(config)) {}

std::future<AsyncMultimodalResult> Qwen3VL2BAsyncMultimodalManager::submit(AsyncMultimodalRequest request) {
  std::future<AsyncMultimodalResult> future = processor_.submit(std::move(request));
  // A request that a callback submits is answered by whoever called back, when it is done.
  if (!asynchronous_ && !processor_.called_back_here()) processor_.drain();
  return future;
}

std::vector<std::future<AsyncMultimodalResult>> Qwen3VL2BAsyncMultimodalManager::submit_batch(
    std::vector<AsyncMultimodalRequest> requests) {
  std::vector<std::future<AsyncMultimodalResult>> futures;
  futures.reserve(requests.size());
  for (AsyncMultimodalRequest& request : requests) futures.push_back(submit(std::move(request)));
  return futures;
}

AsyncMultimodalResult Qwen3VL2BAsyncMultimodalManager::process(AsyncMultimodalRequest request) {
  return submit(std::move(request)).get();
}

std::vector<AsyncMultimodalResult> Qwen3VL2BAsyncMultimodalManager::process_batch(
    std::vector<AsyncMultimodalRequest> requests) {
  std::vector<AsyncMultimodalResult> results;
  results.reserve(requests.size());
  for (auto& future : submit_batch(std::move(requests))) results.push_back(future.get());
  return results;
}

}  // namespace cachebench::pipeline
