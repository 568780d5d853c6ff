// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/inference_batch.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "pipeline/isolate.h"
#include "pipeline/stages/compute_run.h"
#include "pipeline/stages/decode_loop.h"
#include "pipeline/stages/inference_pipeline_config.h"
#include "pipeline/tokenize.h"

namespace cachebench::pipeline {

using model::Outcome;

InferenceBatch::InferenceBatch(const InferenceContext& context, std::span<const BatchItem> items, Done done)
    : context_(context), done_(std::move(done)) {
  for (std::size_t i = 0; i < items.size(); ++i)
    members_.push_back(std::make_unique<InferenceMember>(i, items[i], context.clock));
  results_.resize(members_.size());
  for (std::size_t i = 0; i < items.size(); ++i) results_[i].id = items[i].request->id;
}

InferenceBatch::~InferenceBatch() = default;

void InferenceBatch::each(const std::function<void(InferenceMember&)>& step) {
  for (const auto& member : members_) {
    if (member->running.end_if_unwanted()) continue;
    try {
      step(*member);
    } catch (...) {
      member->running.fail(error_in_flight().what());
    }
  }
}

void InferenceBatch::run(std::size_t stage) {
  switch (stage) {
    case kLoadStage:
      return load();
    case kTransferStage:
      if (context_.transfer_stage) transfer();
      return;
    case kComputeStage:
      if (!context_.transfer_stage) transfer();
      return compute();
    default:
      return post();
  }
}

void InferenceBatch::load() {
  each([this](InferenceMember& member) { load_member(member); });
  // Hits that come from the SSD travel while the pictures of others are decoded.
  each([this](InferenceMember& member) { context_.caching.wait(member.cached); });
}

void InferenceBatch::load_member(InferenceMember& member) {
  const AsyncMultimodalRequest& request = member.running.request();
  RequestPlanner planner(context_.runner.geometry(), context_.planner);
  planner.plan(request, context_.sequence->fetch_add(1), member.cached.plan);
  context_.caching.look_up(member.cached);
  std::vector<model::PatchGrid> grids;
  for (const PlannedImage& image : member.cached.plan.images) grids.push_back(image.grid);
  member.prompt = assemble_prompt({.request = &request,
                                   .grids = grids,
                                   .space = token_space(context_.runner),
                                   .merge = context_.runner.geometry().vision().merge});
  member.running.result().prompt_tokens = member.prompt.tokens.ids.size();
  for (const PlannedImage& image : member.cached.plan.images) {
    const model::TokenSpan& span = member.prompt.parts[image.part];
    if (image.number == member.last_token.size()) member.last_token.push_back(span.end);
    member.last_token[image.number] = span.end;
  }
  member.pixels.resize(member.last_token.size());
  member.vision.resize(member.last_token.size());
  // Either stands for every image.
  if (member.hit(member.find(ArtefactKind::kTextImagePair)) ||
      member.hit(member.find(ArtefactKind::kFusionOutput)))
    return;
  for (std::uint32_t number = 0; number < member.pixels.size(); ++number) {
    const bool needed = member.last_token[number] > member.run_end() &&
                        !member.hit(member.find(ArtefactKind::kVisionEncoderOutput, number));
    if (needed) load_pixels(context_, member, number);
  }
}

void InferenceBatch::transfer() {
  std::vector<SharedTensor> inputs;
  each([&](InferenceMember& member) {
    context_.caching.fetch(member.cached);
    for (const model::Pixels& pixels : member.pixels) {
      if (pixels.values) inputs.push_back(pixels.values);
    }
    const auto& ids = member.prompt.tokens.ids;
    const auto bytes = std::as_bytes(std::span(ids));
    inputs.push_back(
        SharedTensor::copy_of({.meta = context_.runner.geometry().token_ids(ids.size()), .data = bytes}));
  });
  upload_ = context_.io.upload(inputs);
}

void InferenceBatch::compute() {
  upload_.wait();
  std::vector<InferenceMember*> members;
  for (const auto& member : members_) {
    if (!member->running.ended()) members.push_back(member.get());
  }
  if (context_.loop != nullptr) {
    context_.loop->compute(members);
  } else {
    ComputeRun run(context_);
    run.admit(members);
    while (run.active() > 0) run.step();
  }
  upload_ = {};
}

void InferenceBatch::post() {
  for (const auto& member : members_) {
    CachedRequest& cached = member->cached;
    const auto offer = [&](std::size_t artefact, const SharedTensor& tensor) {
      if (artefact != kNoArtefact) context_.caching.offer(cached, artefact, tensor);
    };
    for (std::size_t i = 0; i < member->blocks.size(); ++i) {
      if (member->blocks[i]) offer(i, member->blocks[i]);
    }
    offer(member->find(ArtefactKind::kFusionOutput), member->fusion);
    offer(member->find(ArtefactKind::kTextImagePair), member->pair);
    offer(member->find(ArtefactKind::kLanguageEncoderOutput), member->language);
    for (std::uint32_t number = 0; number < member->pixels.size(); ++number)
      offer(member->find(ArtefactKind::kImage, number), member->pixels[number].values);
  }
}

void InferenceBatch::end(std::exception_ptr error) noexcept {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    try {
      end_member(*members_[i], error);
    } catch (...) {  // memory is out: the answer goes out as far as it is there
    }
    if (members_[i]->running.ended()) results_[i] = members_[i]->running.finish();
  }
  done_(std::move(results_));
}

void InferenceBatch::end_member(InferenceMember& member, const std::exception_ptr& error) {
  RunningRequest& running = member.running;
  if (error && !running.ended()) {
    try {
      std::rethrow_exception(error);
    } catch (...) {
      running.fail(error_in_flight().what());
    }
  }
  if (!running.ended()) running.fail("the pipeline ended without an answer");
  CacheService& service = running.result().cache;
  for (std::size_t i = 0; i < member.cached.artefacts.size(); ++i) {
    const CachedArtefact& artefact = member.cached.artefacts[i];
    const auto kind = static_cast<std::size_t>(member.cached.plan.plan.artefacts[i].kind);
    if (artefact.tensor) ++service.served[kind];
    if (artefact.outcome == Outcome::kMiss) ++service.computed[kind];
  }
  context_.counts.update([&](InferenceCounts::Values& counts) {
    ++counts.requests;
    counts.images += member.cached.plan.images.size();
    counts.prompt_tokens += running.result().prompt_tokens;
    counts.reused_tokens += service.prompt_tokens_reused;
  });
  if (context_.offload != nullptr) context_.offload->forget(member.parked);
  if (!member.cached.artefacts.empty()) context_.caching.finish(member.cached);
}

}  // namespace cachebench::pipeline
