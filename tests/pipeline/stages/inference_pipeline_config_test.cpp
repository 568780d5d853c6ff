// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/inference_pipeline_config.h"

#include <doctest/doctest.h>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::pipeline;

TEST_CASE("the defaults are the source document's example") {
  const InferencePipelineConfig config;
  CHECK_NOTHROW(check(config));
  CHECK(config.target_hardware == "nvidia_sm61");
  CHECK(config.max_batch_size == 8);
  CHECK(config.variable_batch_size);
  CHECK(config.enable_async_io);
  CHECK(config.enable_tensor_caching);
  CHECK(config.enable_model_caching);
  CHECK(config.enable_prefetching);
  CHECK(config.enable_pinned_memory);
  CHECK(config.enable_async_transfers);
}

TEST_CASE("senseless values are named") {
  InferencePipelineConfig config;
  config.max_batch_size = 0;
  CHECK_THROWS_WITH_AS(check(config), "max_batch_size: 0 is outside 1 to 1024", Error);
  config = {};
  config.queue = 2000;
  CHECK_THROWS_WITH_AS(check(config), "queue: 2000 is outside 1 to 1024", Error);
  config = {};
  config.target_hardware.clear();
  CHECK_THROWS_AS(check(config), Error);
}

TEST_CASE("switches become options of stages and transfers") {
  InferencePipelineConfig config;
  CHECK(stage_options(config).ahead == 0);
  CHECK(stage_options(config).overlap);
  config.enable_prefetching = false;
  CHECK(stage_options(config).ahead == 1);
  CHECK(stage_options(config).ahead_of == kComputeStage);
  config.enable_async_io = false;
  CHECK_FALSE(stage_options(config).overlap);
  CHECK(stage_options(config).stages[kComputeStage].max_workers == 1);
  config.enable_pinned_memory = false;
  config.enable_async_transfers = false;
  CHECK_FALSE(io_options(config).pinned_memory);
  CHECK_FALSE(io_options(config).async_transfers);
  config.variable_batch_size = false;
  CHECK_FALSE(batching_options(config).variable_batch_size);
  CHECK(batching_options(config).limits.max_requests == 8);
}

TEST_CASE("where requests join, the compute stage has a slot for each") {
  InferencePipelineConfig config;
  config.enable_continuous_batching = true;
  CHECK(is_continuous(config));
  CHECK(stage_options(config).stages[kComputeStage].workers == config.max_batch_size);
  CHECK(stage_options(config).stages[kPostStage].queue > config.max_batch_size);
  config.enable_prefetching = false;
  CHECK(stage_options(config).ahead == config.max_batch_size);
  config.enable_async_io = false;
  CHECK_FALSE(is_continuous(config));
  CHECK(stage_options(config).stages[kComputeStage].workers == 1);
}
