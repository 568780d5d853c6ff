// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/optimized_inference_pipeline.h"

#include <algorithm>
#include <deque>
#include <future>
#include <utility>

#include "core/check.h"
#include "pipeline/request_size.h"
#include "pipeline/variable_batch_processor.h"

namespace cachebench::pipeline {
namespace {

const InferencePipelineConfig& checked(const InferencePipelineConfig& config, const PipelineParts& parts) {
  check(config);
  CACHEBENCH_CHECK(parts.clock != nullptr && parts.costs != nullptr);
  return config;
}

std::shared_ptr<tier::DeviceApi> device_of(const InferencePipelineConfig& config,
                                           const PipelineParts& parts) {
  if (parts.device) return parts.device;
  return emulated_device_for(parts.costs->profile(), io_options(config), parts.throttle);
}

/// Requests on their way, and their results by number. Thread-safe.
class Collector {
 public:
  void store(std::span<const std::size_t> numbers, std::vector<AsyncMultimodalResult> results)
      CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] >= results_.size()) results_.resize(numbers[i] + 1);
      results_[numbers[i]] = std::move(results[i]);
    }
  }
  [[nodiscard]] std::vector<AsyncMultimodalResult> take() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::move(results_);
  }

 private:
  Mutex mutex_;
  std::vector<AsyncMultimodalResult> results_ CACHEBENCH_GUARDED_BY(mutex_);
};

/// What waits to be put into a batch.
struct Waiting {
  AsyncMultimodalRequest request;
  std::size_t number = 0;
  BatchCandidate candidate;
};

BatchCandidate candidate_of(const AsyncMultimodalRequest& request, const model::Geometry& geometry) {
  try {
    const RequestSize size = measure(request, geometry);
    return {.text_tokens = size.text_tokens, .visual_tokens = size.visual_tokens, .memory = size.memory};
  } catch (const Error&) {
    return {};  // the stages will say what is wrong with it
  }
}

}  // namespace

OptimizedInferencePipeline::OptimizedInferencePipeline(model::ModelRunner& model,
                                                       const InferencePipelineConfig& config,
                                                       const PipelineParts& parts)
    : config_(checked(config, parts)),
      clock_(*parts.clock),
      model_(model),
      caching_(parts.cache, *parts.costs, clock_,
               {.kinds = config.kinds, .tensor_caching = config.enable_tensor_caching}),
      io_(device_of(config, parts), clock_, io_options(config)),
      context_{.runner = model,
               .caching = caching_,
               .io = io_,
               .clock = clock_,
               .counts = counts_,
               .contents = parts.contents,
               .planner = {.kinds = config.kinds, .block_tokens = config.block_tokens},
               .transfer_stage = config.enable_async_transfers,
               .sequence = &sequence_},
      stages_(stage_options(config), clock_) {}

OptimizedInferencePipeline::~OptimizedInferencePipeline() = default;

std::vector<AsyncMultimodalResult> OptimizedInferencePipeline::execute(std::span<const BatchItem> batch) {
  std::promise<std::vector<AsyncMultimodalResult>> promise;
  std::future<std::vector<AsyncMultimodalResult>> future = promise.get_future();
  stages_.submit(std::make_unique<InferenceBatch>(
      context_, batch,
      [&promise](std::vector<AsyncMultimodalResult> results) { promise.set_value(std::move(results)); }));
  return future.get();
}

std::vector<AsyncMultimodalResult> OptimizedInferencePipeline::run_batch_inference(
    const DataLoader& data_loader) {
  VariableBatchProcessor batches(batching_options(config_));
  Collector collector;
  std::vector<Waiting> waiting;
  std::size_t number = 0;
  // As far ahead as a batcher that groups by size has any use for.
  const std::size_t window = std::size_t{config_.max_batch_size} * (config_.variable_batch_size ? 8 : 1);
  bool more = true;
  while (more || !waiting.empty()) {
    while (more && waiting.size() < window) {
      std::vector<AsyncMultimodalRequest> next = data_loader();
      more = !next.empty();
      for (AsyncMultimodalRequest& request : next) {
        const BatchCandidate candidate = candidate_of(request, model_.geometry());
        waiting.push_back({.request = std::move(request), .number = number++, .candidate = candidate});
      }
    }
    if (waiting.empty()) break;
    std::vector<BatchCandidate> candidates;
    for (const Waiting& one : waiting) candidates.push_back(one.candidate);
    const std::vector<std::size_t> chosen = batches.next_batch(candidates);
    auto requests = std::make_shared<std::vector<AsyncMultimodalRequest>>();
    std::vector<std::size_t> numbers;
    std::vector<BatchCandidate> members;
    for (const std::size_t i : chosen) {
      requests->push_back(std::move(waiting[i].request));
      numbers.push_back(waiting[i].number);
      members.push_back(waiting[i].candidate);
    }
    for (auto i = chosen.rbegin(); i != chosen.rend(); ++i)
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(*i));
    batches.account(members, Nanoseconds{0});
    std::vector<BatchItem> items;
    for (const AsyncMultimodalRequest& request : *requests)
      items.push_back({.request = &request, .submitted = clock_.now()});
    stages_.submit(std::make_unique<InferenceBatch>(
        context_, items, [&collector, requests, numbers](std::vector<AsyncMultimodalResult> results) {
          collector.store(numbers, std::move(results));
        }));
  }
  stages_.drain();
  const MutexLock lock(mutex_);
  padding_ = batches.padding();
  return collector.take();
}

PipelineStats OptimizedInferencePipeline::get_pipeline_stats() const {
  PipelineStats stats;
  stats.stages = stages_.report();
  stats.caching = caching_.stats();
  stats.io = io_.stats();
  stats.inference = counts_.values();
  const MutexLock lock(mutex_);
  stats.padding = padding_;
  return stats;
}

void OptimizedInferencePipeline::reset_stats() {
  stages_.reset_report();
  caching_.reset_stats();
  counts_.update([](InferenceCounts::Values& counts) { counts = {}; });
  const MutexLock lock(mutex_);
  padding_ = {};
}

}  // namespace cachebench::pipeline
