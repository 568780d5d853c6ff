// SPDX-License-Identifier: Apache-2.0
#include "bench/run/pipeline_options.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

bool caches(const pipeline::InferencePipelineConfig& config, ArtefactKind kind) {
  return pipeline::is_cached(config.kinds, kind);
}

}  // namespace

TEST_CASE("kinds are taken by name, and blocks with and without images together") {
  RunConfig config = default_config();
  config.pipeline.caching = "kv_block";
  pipeline::InferencePipelineConfig stages = stages_config(config, 32);
  CHECK(stages.block_tokens == 32);
  CHECK(caches(stages, ArtefactKind::kKvBlock));
  CHECK(caches(stages, ArtefactKind::kCrossModalAttention));
  CHECK_FALSE(caches(stages, ArtefactKind::kVisionEncoderOutput));
  config.pipeline.caching = "vision_encoder_output+image";
  stages = stages_config(config, 16);
  CHECK(std::count(stages.kinds.begin(), stages.kinds.end(), true) == 2);
  config.pipeline.caching = "none";
  stages = stages_config(config, 16);
  CHECK(std::count(stages.kinds.begin(), stages.kinds.end(), true) == 0);
  config.pipeline.caching = "all";
  stages = stages_config(config, 16);
  CHECK_FALSE(caches(stages, ArtefactKind::kImage));
  CHECK(caches(stages, ArtefactKind::kVisionEncoderOutput));
  for (const char* wrong : {"kv_blok", "", "kv_block+"}) {
    config.pipeline.caching = wrong;
    CHECK_THROWS_AS(static_cast<void>(stages_config(config, 16)), Error);
  }
}

TEST_CASE("the processor has a batch for every stage and every place in a queue, or one") {
  RunConfig config = default_config();
  config.pipeline.async_io = true;
  config.pipeline.queue = 3;
  CHECK(async_config(config).workers == 7);
  config.pipeline.async_io = false;
  CHECK(async_config(config).workers == 1);
  config.async.max_concurrent_requests = 17;
  config.pipeline.max_batch_size = 5;
  CHECK(async_config(config).async_max_concurrent_requests == 17);
  CHECK(async_config(config).max_batch_size == 5);
}
