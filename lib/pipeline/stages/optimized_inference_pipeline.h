// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "cache/hierarchical_cache_manager.h"
#include "hardware/cost.h"
#include "pipeline/batch_executor.h"
#include "pipeline/caching/caching_mechanism.h"
#include "pipeline/io/optimized_io.h"
#include "pipeline/stages/decode_loop.h"
#include "pipeline/stages/efficient_pipeline.h"
#include "pipeline/stages/inference_batch.h"
#include "pipeline/stages/inference_pipeline_config.h"

/// The inference pipeline around a model, with caches between its stages. Requests come as whole workloads
/// (run_batch_inference), or batch by batch from whoever forms them (it is a BatchExecutor: several threads
/// that each execute a batch keep its stages busy at the same time). With every switch off the results are
/// the same, token by token. Thread-safe.
namespace cachebench::pipeline {

/// What it stands on; all of it outlives the pipeline.
struct PipelineParts {
  const Clock* clock = nullptr;
  const hardware::CostModel* costs = nullptr;        ///< of the target hardware
  cache::HierarchicalCacheManager* cache = nullptr;  ///< null: nothing is cached
  std::shared_ptr<tier::DeviceApi> device = {};      ///< null: the emulated one of the profile
  tier::Throttle throttle = tier::Throttle::kOn;     ///< of that one
  ContentSource contents = {};                       ///< pictures known by their key
  CacheFront* front = nullptr;                       ///< in front of `cache`, or null
  cache::Movers* movers = nullptr;                   ///< of `cache`, or null: see CachingOptions
};

/// Gives the next requests; an empty list ends the workload. Called by one thread.
using DataLoader = std::function<std::vector<AsyncMultimodalRequest>()>;

struct PipelineStats {
  PipelineReport stages;
  CachingStats caching;
  IoStats io;
  InferenceCounts::Values inference;
  OffloadCounts offload;
  PaddingAccount padding;  ///< of the batches that run_batch_inference formed
};

class OptimizedInferencePipeline final : public BatchExecutor {
 public:
  /// Throws Error{kUsage} for a config that makes no sense. The model outlives the pipeline.
  OptimizedInferencePipeline(model::ModelRunner& model, const InferencePipelineConfig& config,
                             const PipelineParts& parts);
  ~OptimizedInferencePipeline() override;

  /// Forms batches of what the loader gives and sends them through the stages, several at a time. One result
  /// a request, in the order of the loader.
  [[nodiscard]] std::vector<AsyncMultimodalResult> run_batch_inference(const DataLoader& data_loader);
  [[nodiscard]] std::vector<AsyncMultimodalResult> execute(std::span<const BatchItem> batch) override;
  /// With continuous batching results come one by one, and others may join; else as the default.
  void execute_feeding(std::span<const BatchItem> batch, BatchFeed& feed) override;
  [[nodiscard]] PipelineStats get_pipeline_stats() const;
  void reset_stats();
  /// Nothing is taken any more; what is under way ends with an error after its stage.
  void stop() { stages_.stop(); }

  [[nodiscard]] const InferencePipelineConfig& config() const { return config_; }

 private:
  const InferencePipelineConfig config_;
  const Clock& clock_;
  model::ModelRunner& model_;
  CachingMechanism caching_;
  OptimizedIOMechanism io_;
  InferenceCounts counts_;
  std::atomic<std::uint64_t> sequence_{0};
  std::optional<KvOffload> offload_;
  KvRoom room_;
  InferenceContext context_;
  std::optional<DecodeLoop> loop_;  // of continuous batching
  mutable Mutex mutex_;
  PaddingAccount padding_ CACHEBENCH_GUARDED_BY(mutex_);
  EfficientPipeline stages_;  // last: its jobs use all of the above
};

}  // namespace cachebench::pipeline
