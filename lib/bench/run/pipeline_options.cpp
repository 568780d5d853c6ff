// SPDX-License-Identifier: Apache-2.0
#include "bench/run/pipeline_options.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::bench {
namespace {

pipeline::CachedKinds kinds_of(const std::string& caching) {
  pipeline::CachedKinds kinds{};
  if (caching == "everything") return pipeline::served_kinds();
  if (caching == "all") {
    // Pairs and pixels are more bytes to fetch than they save work where vision outputs and K/V are kept.
    kinds = pipeline::served_kinds();
    kinds[static_cast<std::size_t>(ArtefactKind::kTextImagePair)] = false;
    kinds[static_cast<std::size_t>(ArtefactKind::kImage)] = false;
    return kinds;
  }
  if (caching == "none") return kinds;
  std::vector<std::string> known;
  for (int i = 0; i < kArtefactKinds; ++i) known.emplace_back(name_of(static_cast<ArtefactKind>(i)));
  for (std::size_t at = 0; at <= caching.size();) {
    const std::size_t end = std::min(caching.find('+', at), caching.size());
    const std::string name = caching.substr(at, end - at);
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
      throw Error(ErrorKind::kUsage, "pipeline.caching: " + unknown_name("kind of artefact", name, known));
    kinds[static_cast<std::size_t>(found - known.begin())] = true;
    at = end + 1;
  }
  // Blocks with and without image rows are of one chain.
  const bool blocks = kinds[static_cast<std::size_t>(ArtefactKind::kKvBlock)];
  kinds[static_cast<std::size_t>(ArtefactKind::kCrossModalAttention)] = blocks;
  return kinds;
}

}  // namespace

pipeline::InferencePipelineConfig stages_config(const RunConfig& config, std::uint32_t block_tokens) {
  const PipelineSection& from = config.pipeline;
  pipeline::InferencePipelineConfig to;
  to.target_hardware = config.profile;
  to.max_batch_size = from.max_batch_size;
  to.variable_batch_size = from.batcher != "arrival";
  to.enable_async_io = from.async_io;
  to.enable_tensor_caching = from.tensor_caching;
  to.enable_model_caching = from.model_caching;
  to.enable_prefetching = from.prefetching;
  to.enable_pinned_memory = from.pinned_memory;
  to.enable_async_transfers = from.async_transfers;
  to.batcher = {.name = from.batcher, .values = {}};
  to.kinds = kinds_of(from.caching);
  to.load_balancing = from.load_balancing;
  to.enable_continuous_batching = from.continuous_batching;
  to.enable_kv_offload = from.kv_offload;
  to.streams = from.streams;
  to.queue = from.queue;
  to.workers = {.load = from.workers.load,
                .transfer = from.workers.transfer,
                .compute = from.workers.compute,
                .post = from.workers.post};
  to.block_tokens = block_tokens;
  return to;
}

pipeline::AsyncConfig async_config(const RunConfig& config) {
  const AsyncSection& from = config.async;
  pipeline::AsyncConfig to;
  to.async_max_concurrent_requests = from.max_concurrent_requests;
  to.async_buffer_size = from.buffer_size;
  to.async_batch_timeout = from.batch_timeout;
  to.enable_async_batching = from.batching;
  to.text_weight = from.text_weight;
  to.image_weight = from.image_weight;
  to.max_batch_complexity = from.max_complexity;
  to.max_batch_size = config.pipeline.max_batch_size;
  to.variable_batch_size = config.pipeline.batcher != "arrival";
  to.batcher = {.name = config.pipeline.batcher, .values = {}};
  to.back_pressure = pipeline::back_pressure_named(name_of(from.back_pressure));
  to.continuous_batching = config.pipeline.continuous_batching;
  // A batch in every stage, and one that waits in front of each.
  to.workers = config.pipeline.async_io ? 4 + config.pipeline.queue : 1;
  return to;
}

}  // namespace cachebench::bench
