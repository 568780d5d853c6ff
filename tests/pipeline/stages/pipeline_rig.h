// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "cache/make_cache.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/registry.h"
#include "hardware/cost.h"
#include "model/model_runner.h"
#include "pipeline/stages/optimized_inference_pipeline.h"

/// A pipeline on the modelled runner, with a small three-tier cache where asked for, and a workload of chats
/// that share system prompts and pictures. Nothing is throttled.
namespace cachebench::pipeline {

struct PipelineRig {
  explicit PipelineRig(bool cached, const InferencePipelineConfig& config = {}, Bytes l2 = kMiB * 16,
                       const model::RunnerOptions& options = {})
      : costs(hardware::find_profile("i5-10210u-mx250-nvme"), 1.0),
        runner(Registry<model::RunnerDescriptor>::instance().at("modelled", "runner").make(options)) {
    if (cached) {
      cache::CacheConfig tiers;
      tiers.l1_cache_size = kMiB * 4;
      tiers.l2_cache_size = l2;
      tiers.l3_cache_size = kMiB * 64;
      tiers.l2_pin_memory = false;
      cache::CacheSite site;
      site.profile = costs.profile();
      site.throttle = tier::Throttle::kOff;
      cache = cache::make_hierarchical_cache(tiers, site);
    }
    make_pipeline(config);
  }
  void make_pipeline(const InferencePipelineConfig& config) {
    pipeline.reset();
    pipeline = std::make_unique<OptimizedInferencePipeline>(
        *runner, config,
        PipelineParts{.clock = &clock,
                      .costs = &costs,
                      .cache = cache ? &cache->manager() : nullptr,
                      .throttle = tier::Throttle::kOff});
  }
  std::vector<AsyncMultimodalResult> run(const std::vector<AsyncMultimodalRequest>& requests) {
    std::size_t at = 0;
    return pipeline->run_batch_inference([&] {
      std::vector<AsyncMultimodalRequest> next;
      while (next.size() < 3 && at < requests.size()) next.push_back(requests[at++]);
      return next;
    });
  }

  const RealClock clock;
  const hardware::CostModel costs;
  const std::unique_ptr<model::ModelRunner> runner;
  std::unique_ptr<cache::HierarchicalCache> cache;
  std::unique_ptr<OptimizedInferencePipeline> pipeline;  // last: uses all of the above
};

/// Growing chats: a system prompt, sometimes a picture, a question for each turn so far.
inline std::vector<AsyncMultimodalRequest> chats(std::size_t sessions, std::size_t turns) {
  std::vector<AsyncMultimodalRequest> requests;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    for (std::size_t session = 0; session < sessions; ++session) {
      AsyncMultimodalRequest request;
      request.id = requests.size();
      request.session = session + 1;
      request.turn = static_cast<std::uint32_t>(turn + 1);
      request.max_new_tokens = 1 + (session + turn) % 4;
      request.stop_at_end = false;
      request.want_logits = true;
      request.parts.emplace_back(TextContentPart{.content = hash_key("system"), .tokens = 40});
      if (session % 3 != 0)
        request.parts.emplace_back(ImageContentPart{.content = derive_key(hash_key("picture"), session % 2),
                                                    .size = {.width = 96, .height = 64}});
      for (std::size_t i = 0; i <= turn; ++i)
        request.parts.emplace_back(
            TextContentPart{.content = derive_key(hash_key("turn"), session, i), .tokens = 10 + 3 * session});
      requests.push_back(std::move(request));
    }
  }
  return requests;
}

}  // namespace cachebench::pipeline
