// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "bench/config/run_config.h"
#include "pipeline/async/async_config.h"
#include "pipeline/stages/inference_pipeline_config.h"

/// A run's config as the pipeline takes it. Pure functions, thread-safe; Error{kUsage} for a kind of artefact
/// that is none.
namespace cachebench::bench {

/// `block_tokens` of a K/V block, as the trace has it.
[[nodiscard]] pipeline::InferencePipelineConfig stages_config(const RunConfig& config,
                                                              std::uint32_t block_tokens);
[[nodiscard]] pipeline::AsyncConfig async_config(const RunConfig& config);

}  // namespace cachebench::bench
