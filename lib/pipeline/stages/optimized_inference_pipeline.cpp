// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/optimized_inference_pipeline.h"

#include <algorithm>
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

/// Jobs that use what belongs to their caller. Thread-safe; they share it.
class OnTheirWay {
 public:
  /// Held by a job until it has ended.
  class Share {
   public:
    explicit Share(std::shared_ptr<OnTheirWay> all) : all_(std::move(all)) {
      const MutexLock lock(all_->mutex_);
      ++all_->count_;
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() {
      const MutexLock lock(all_->mutex_);
      if (--all_->count_ == 0) all_->none_.notify_all();
    }

   private:
    const std::shared_ptr<OnTheirWay> all_;
  };

  void wait() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (count_ > 0) none_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar none_;
  std::size_t count_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

/// The jobs of a call, which nobody leaves before they have ended: they read its requests.
class JobsOfCall {
 public:
  JobsOfCall() = default;
  JobsOfCall(const JobsOfCall&) = delete;
  JobsOfCall& operator=(const JobsOfCall&) = delete;
  ~JobsOfCall() { wait(); }
  [[nodiscard]] std::shared_ptr<OnTheirWay::Share> share() const {
    return std::make_shared<OnTheirWay::Share>(all_);
  }
  void wait() const { all_->wait(); }

 private:
  const std::shared_ptr<OnTheirWay> all_ = std::make_shared<OnTheirWay>();
};

/// Results by the numbers of their requests. Thread-safe.
class Collector {
 public:
  /// There will be results up to this number: storing them takes no more memory.
  void expect(std::size_t number) CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (number >= results_.size()) results_.resize(number + 1);
  }
  void store(std::span<const std::size_t> numbers, std::vector<AsyncMultimodalResult> results)
      CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < numbers.size(); ++i) results_[numbers[i]] = std::move(results[i]);
  }
  [[nodiscard]] std::vector<AsyncMultimodalResult> take() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::move(results_);
  }

 private:
  Mutex mutex_;
  std::vector<AsyncMultimodalResult> results_ CACHEBENCH_GUARDED_BY(mutex_);
};

struct Arrival {
  std::size_t index = 0;
  AsyncMultimodalResult result;
};

/// Results as they come. Thread-safe; outlives whoever pushes.
class Arrivals {
 public:
  /// One more will come: pushing it takes no more memory.
  void expect() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const std::size_t needed = waiting_.size() + coming_ + 1;
    if (waiting_.capacity() < needed) waiting_.reserve(2 * needed);
    ++coming_;
  }
  void push(Arrival arrival) CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    --coming_;
    waiting_.push_back(std::move(arrival));
    there_.notify_one();
  }
  [[nodiscard]] Arrival pop() CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (taken_ == waiting_.size()) there_.wait(mutex_);
    Arrival arrival = std::move(waiting_[taken_++]);
    if (taken_ == waiting_.size()) {
      waiting_.clear();
      taken_ = 0;
    }
    return arrival;
  }

 private:
  Mutex mutex_;
  CondVar there_;
  std::vector<Arrival> waiting_ CACHEBENCH_GUARDED_BY(mutex_);
  std::size_t taken_ CACHEBENCH_GUARDED_BY(mutex_) = 0;  // of them, from the front
  std::size_t coming_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

class InOrder final : public BatchFeed {
 public:
  explicit InOrder(std::size_t items) : results(items) {}
  void finish(std::size_t index, AsyncMultimodalResult result) override {
    results[index] = std::move(result);
  }
  [[nodiscard]] std::vector<BatchItem> join() override { return {}; }
  std::vector<AsyncMultimodalResult> results;
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
               {.kinds = config.kinds,
                .tensor_caching = config.enable_tensor_caching,
                .front = parts.front,
                .movers = parts.movers}),
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
      stages_(stage_options(config), clock_) {
  if (config_.enable_kv_offload && parts.cache != nullptr) {
    offload_.emplace(*parts.cache, model.geometry());
    context_.offload = &*offload_;
  }
  // Whoever decodes in one loop shares nothing.
  if (config_.enable_kv_offload && !is_continuous(config_)) context_.room = &room_;
  if (is_continuous(config_)) context_.loop = &loop_.emplace(context_, config_.max_batch_size);
}

OptimizedInferencePipeline::~OptimizedInferencePipeline() = default;

std::vector<AsyncMultimodalResult> OptimizedInferencePipeline::execute(std::span<const BatchItem> batch) {
  if (loop_) {
    InOrder in_order(batch.size());
    execute_feeding(batch, in_order);
    return std::move(in_order.results);
  }
  // Shared: the job may not be done with it yet when its result is taken.
  const auto promise = std::make_shared<std::promise<std::vector<AsyncMultimodalResult>>>();
  std::future<std::vector<AsyncMultimodalResult>> future = promise->get_future();
  stages_.submit(std::make_unique<InferenceBatch>(
      context_, batch,
      [promise](std::vector<AsyncMultimodalResult> results) { promise->set_value(std::move(results)); }));
  return future.get();
}

void OptimizedInferencePipeline::execute_feeding(std::span<const BatchItem> batch, BatchFeed& feed) {
  if (!loop_) return BatchExecutor::execute_feeding(batch, feed);
  Arrivals arrivals;
  const JobsOfCall jobs;  // also where the feed throws
  std::size_t next = 0;
  const auto enter = [&](std::span<const BatchItem> items) {
    for (const BatchItem& item : items) {
      arrivals.expect();
      stages_.submit(std::make_unique<InferenceBatch>(
          context_, std::span(&item, 1),
          [&arrivals, index = next++, share = jobs.share()](std::vector<AsyncMultimodalResult> results) {
            arrivals.push({index, std::move(results.front())});
          }));
    }
  };
  enter(batch);
  for (std::size_t ended = 0; ended < next; ++ended) {
    Arrival arrival = arrivals.pop();
    feed.finish(arrival.index, std::move(arrival.result));
    enter(feed.join());
  }
}

std::vector<AsyncMultimodalResult> OptimizedInferencePipeline::run_batch_inference(
    const DataLoader& data_loader) {
  VariableBatchProcessor batches(batching_options(config_));
  Collector collector;
  const JobsOfCall jobs;  // also where the loader throws
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
    const std::size_t together = loop_ ? 1 : items.size();
    for (std::size_t at = 0; at < items.size(); at += together) {
      const auto mine = std::span<const std::size_t>(numbers).subspan(at, together);
      for (const std::size_t one : mine) collector.expect(one);
      stages_.submit(std::make_unique<InferenceBatch>(
          context_, std::span<const BatchItem>(items).subspan(at, together),
          [&collector, requests, own = std::vector(mine.begin(), mine.end()), share = jobs.share()](
              std::vector<AsyncMultimodalResult> results) { collector.store(own, std::move(results)); }));
    }
  }
  jobs.wait();
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
  if (offload_) stats.offload = offload_->counts();
  const MutexLock lock(mutex_);
  stats.padding = padding_;
  return stats;
}

void OptimizedInferencePipeline::reset_stats() {
  stages_.reset_report();
  caching_.reset_stats();
  io_.reset_stats();
  counts_.update([](InferenceCounts::Values& counts) { counts = {}; });
  if (offload_) offload_->reset_counts();
  const MutexLock lock(mutex_);
  padding_ = {};
}

}  // namespace cachebench::pipeline
