// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/parameters.h"
#include "pipeline/caching/artefact_plan.h"
#include "pipeline/io/optimized_io.h"
#include "pipeline/stages/efficient_pipeline.h"
#include "pipeline/variable_batch_processor.h"

/// What a pipeline is asked to do: the keys of the source document under their names, and those beside them
/// that it leaves open. Every switch changes how fast results come and never what they are. Values.
namespace cachebench::pipeline {

struct StageWorkers {
  std::uint32_t load = 1;
  std::uint32_t transfer = 1;
  std::uint32_t compute = 1;
  std::uint32_t post = 1;
};

struct InferencePipelineConfig {
  std::string target_hardware = "nvidia_sm61";  ///< a profile's name: rates of the device and its link
  std::uint32_t max_batch_size = 8;
  bool variable_batch_size = true;    ///< off: batches in order of arrival
  bool enable_async_io = true;        ///< off: one batch at a time, from the first stage to the last
  bool enable_tensor_caching = true;  ///< buffers are used again
  bool enable_model_caching =
      true;                        ///< components stay in memory while they fit: for whoever makes the runner
  bool enable_prefetching = true;  ///< off: a batch is loaded when the one before has been computed
  bool enable_pinned_memory = true;    ///< off: transfers from pageable memory
  bool enable_async_transfers = true;  ///< off: transfers one by one, in the computing thread

  NamedParameters batcher = {.name = "size-grouped", .values = {}};
  CachedKinds kinds = served_kinds();
  /// Requests join and leave the batch that is decoding between two steps, `max_batch_size` at a time; needs
  /// stages that overlap. Off: a batch is computed as a whole.
  bool enable_continuous_batching = false;
  /// Where there is no room for more keys and values, those of the least urgent request wait in the cache.
  bool enable_kv_offload = true;
  bool load_balancing = true;  ///< idle threads help the stage that has most to do
  std::uint32_t streams = 2;
  std::uint32_t queue = 4;  ///< batches between two stages
  StageWorkers workers;
  std::uint32_t block_tokens = 16;  ///< of a K/V block
};

/// Continuous batching, where it is possible.
[[nodiscard]] bool is_continuous(const InferencePipelineConfig& config);
/// Throws Error{kUsage} "KEY: reason".
void check(const InferencePipelineConfig& config);

inline constexpr std::size_t kLoadStage = 0;
inline constexpr std::size_t kTransferStage = 1;
inline constexpr std::size_t kComputeStage = 2;
inline constexpr std::size_t kPostStage = 3;
/// The four stages as the config wants them.
[[nodiscard]] EfficientPipelineOptions stage_options(const InferencePipelineConfig& config);
[[nodiscard]] IoOptions io_options(const InferencePipelineConfig& config);
[[nodiscard]] BatchingOptions batching_options(const InferencePipelineConfig& config);

}  // namespace cachebench::pipeline
