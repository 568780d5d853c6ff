// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/inference_pipeline_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace cachebench::pipeline {
namespace {

constexpr std::uint32_t kMost = 1024;

void require(const char* key, std::uint32_t value) {
  if (value >= 1 && value <= kMost) return;
  throw Error(ErrorKind::kUsage, fmt::format("{}: {} is outside 1 to {}", key, value, kMost));
}

}  // namespace

void check(const InferencePipelineConfig& config) {
  require("max_batch_size", config.max_batch_size);
  require("streams", config.streams);
  require("queue", config.queue);
  require("workers.load", config.workers.load);
  require("workers.transfer", config.workers.transfer);
  require("workers.compute", config.workers.compute);
  require("workers.post", config.workers.post);
  require("block_tokens", config.block_tokens);
  if (config.target_hardware.empty()) throw Error(ErrorKind::kUsage, "target_hardware: names no profile");
}

bool is_continuous(const InferencePipelineConfig& config) {
  return config.enable_continuous_batching && config.enable_async_io;
}

EfficientPipelineOptions stage_options(const InferencePipelineConfig& config) {
  const StageWorkers& workers = config.workers;
  const std::size_t spare = 1;  // more would leave no hand for what comes after
  EfficientPipelineOptions options;
  options.stages = {
      {.name = "load", .workers = workers.load, .max_workers = workers.load + spare, .queue = config.queue},
      {.name = "transfer",
       .workers = workers.transfer,
       .max_workers = workers.transfer + spare,
       .queue = config.queue},
      // The device computes for so many at a time, however many hands are idle.
      {.name = "compute", .workers = workers.compute, .max_workers = workers.compute, .queue = config.queue},
      {.name = "post", .workers = workers.post, .max_workers = workers.post + spare, .queue = config.queue}};
  if (is_continuous(config)) {
    // A job is a request then, and those of a batch are in the compute stage together. Each of them may have
    // ended and look for room behind it at the same time.
    StageOptions& compute = options.stages[kComputeStage];
    compute.workers = compute.max_workers = config.max_batch_size;
    compute.queue = std::max<std::size_t>(config.queue, config.max_batch_size);
    options.stages[kPostStage].queue = std::size_t{2} * config.max_batch_size;
  }
  options.overlap = config.enable_async_io;
  options.load_balancing = config.load_balancing;
  const std::size_t batch = is_continuous(config) ? config.max_batch_size : 1;
  options.ahead = config.enable_prefetching ? 0 : batch;
  options.ahead_of = kComputeStage;
  return options;
}

IoOptions io_options(const InferencePipelineConfig& config) {
  return {.pinned_memory = config.enable_pinned_memory,
          .async_transfers = config.enable_async_transfers,
          .streams = config.streams,
          .reuse_memory = config.enable_tensor_caching};
}

BatchingOptions batching_options(const InferencePipelineConfig& config) {
  BatchingOptions options;
  options.variable_batch_size = config.variable_batch_size;
  options.batcher = config.batcher;
  options.limits.max_requests = config.max_batch_size;
  return options;
}

}  // namespace cachebench::pipeline
