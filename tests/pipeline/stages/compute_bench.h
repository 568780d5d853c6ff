// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "pipeline/isolate.h"
#include "pipeline/stages/compute_run.h"
#include "pipeline/stages/stage_bench.h"
#include "pipeline/tokenize.h"

/// The compute stage by itself, without a cache: requests made ready by hand.
namespace cachebench::pipeline {

struct ComputeBench : StageBench {
  explicit ComputeBench(const model::RunnerOptions& options = {}) : StageBench(false, options) {}

  /// As the stages before have it. The request outlives it.
  [[nodiscard]] std::unique_ptr<InferenceMember> prepared(const AsyncMultimodalRequest& request) {
    auto member =
        std::make_unique<InferenceMember>(0, BatchItem{.request = &request, .submitted = {}}, rig.clock);
    RequestPlanner(rig.runner->geometry(), {}).plan(request, sequence++, member->cached.plan);
    caching.look_up(member->cached);
    std::vector<model::PatchGrid> grids;
    for (const PlannedImage& image : member->cached.plan.images) grids.push_back(image.grid);
    member->prompt = assemble_prompt({.request = &request,
                                      .grids = grids,
                                      .space = token_space(*rig.runner),
                                      .merge = rig.runner->geometry().vision().merge});
    member->running.result().prompt_tokens = member->prompt.tokens.ids.size();
    for (const PlannedImage& image : member->cached.plan.images)
      member->last_token.push_back(member->prompt.parts[image.part].end);
    member->pixels.resize(member->last_token.size());
    member->vision.resize(member->last_token.size());
    return member;
  }

  [[nodiscard]] std::vector<std::vector<std::int64_t>> answers_alone(
      const std::vector<AsyncMultimodalRequest>& requests) {
    std::vector<std::vector<std::int64_t>> answers;
    for (const AsyncMultimodalRequest& request : requests) {
      const auto member = prepared(request);
      InferenceMember* const one = member.get();
      ComputeRun run(*context);
      run.admit(std::span(&one, 1));
      while (run.active() > 0) run.step();
      answers.push_back(member->running.result().tokens);
    }
    counts.update([](InferenceCounts::Values& values) { values = {}; });
    return answers;
  }
};

}  // namespace cachebench::pipeline
