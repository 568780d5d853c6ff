// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "pipeline/stages/inference_pipeline_config.h"
#include "pipeline/stages/pipeline_rig.h"

/// What a stage needs, without a pipeline around it.
namespace cachebench::pipeline {

struct StageBench {
  explicit StageBench(bool cached, const model::RunnerOptions& options = {})
      : rig(cached, {}, kMiB * 16, options),
        caching(rig.cache ? &rig.cache->manager() : nullptr, rig.costs, rig.clock, {}) {
    io = std::make_unique<OptimizedIOMechanism>(
        emulated_device_for(rig.costs.profile(), {}, tier::Throttle::kOff), rig.clock, IoOptions{});
    context = std::make_unique<InferenceContext>(InferenceContext{.runner = *rig.runner,
                                                                  .caching = caching,
                                                                  .io = *io,
                                                                  .clock = rig.clock,
                                                                  .counts = counts,
                                                                  .sequence = &sequence});
  }

  PipelineRig rig;
  CachingMechanism caching;
  std::unique_ptr<OptimizedIOMechanism> io;
  InferenceCounts counts;
  std::atomic<std::uint64_t> sequence{0};
  std::unique_ptr<InferenceContext> context;
};

}  // namespace cachebench::pipeline
