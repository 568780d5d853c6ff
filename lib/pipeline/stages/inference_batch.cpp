// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/inference_batch.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/check.h"
#include "pipeline/isolate.h"
#include "pipeline/stages/inference_pipeline_config.h"
#include "pipeline/tokenize.h"

namespace cachebench::pipeline {
namespace {

using model::Artefact;
using model::Outcome;

constexpr std::size_t kNoArtefact = SIZE_MAX;

std::size_t index_of_kind(ArtefactKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

/// A request of the batch.
struct InferenceBatch::Member {
  Member(std::size_t index, const BatchItem& asked, const Clock& clock) : running(index, asked, clock) {}

  /// The artefact of a kind, of image `number` where that is given; kNoArtefact when it is not planned.
  [[nodiscard]] std::size_t find(ArtefactKind kind, std::uint32_t number = model::kNoImage) const {
    const std::vector<Artefact>& artefacts = cached.plan.plan.artefacts;
    for (std::size_t i = cached.plan.plan.chain; i < artefacts.size(); ++i) {
      if (artefacts[i].kind == kind && artefacts[i].image == number) return i;
    }
    return kNoArtefact;
  }
  [[nodiscard]] bool hit(std::size_t artefact) const {
    return artefact != kNoArtefact && cached.artefacts[artefact].outcome == Outcome::kHit;
  }
  /// Tokens that the leading K/V blocks serve, as far as is known.
  [[nodiscard]] std::uint64_t run_end() const {
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < cached.plan.plan.chain && hit(i); ++i)
      end = cached.plan.plan.artefacts[i].span.end;
    return end;
  }
  [[nodiscard]] bool ended() const { return running.ended(); }

  RunningRequest running;
  CachedRequest cached;
  Prompt prompt;
  std::vector<std::uint64_t> first_token;  ///< by image number: where it is first
  std::vector<std::uint64_t> last_token;   ///< and where it ends last
  std::vector<model::Pixels> pixels;       ///< by image number, where they were made
  std::vector<SharedTensor> vision;        ///< by image number, where it is there
  std::vector<SharedTensor> blocks;        ///< computed K/V to be offered, by place in the chain
  model::PrefillItem item;
  SharedTensor pair, fusion, language;  ///< computed
};

InferenceBatch::InferenceBatch(const InferenceContext& context, std::span<const BatchItem> items, Done done)
    : context_(context), done_(std::move(done)) {
  for (std::size_t i = 0; i < items.size(); ++i)
    members_.push_back(std::make_unique<Member>(i, items[i], context.clock));
}

InferenceBatch::~InferenceBatch() = default;

void InferenceBatch::each(const std::function<void(Member&)>& step) {
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
  each([this](Member& member) { load_member(member); });
  // Hits that come from the SSD travel while the pictures of others are decoded.
  each([this](Member& member) { context_.caching.wait(member.cached); });
}

void InferenceBatch::load_member(Member& member) {
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
    if (image.number == member.first_token.size()) {
      member.first_token.push_back(span.begin);
      member.last_token.push_back(span.end);
    }
    member.last_token[image.number] = span.end;
  }
  member.pixels.resize(member.first_token.size());
  member.vision.resize(member.first_token.size());
  if (member.hit(member.find(ArtefactKind::kTextImagePair))) return;
  for (std::uint32_t number = 0; number < member.pixels.size(); ++number) {
    const bool needed = member.last_token[number] > member.run_end() &&
                        !member.hit(member.find(ArtefactKind::kVisionEncoderOutput, number));
    if (needed) load_pixels(member, number);
  }
}

// Makes the pixels of an image, unless the cache has or will have them.
void InferenceBatch::load_pixels(Member& member, std::uint32_t number) {
  const std::size_t artefact = member.find(ArtefactKind::kImage, number);
  if (member.pixels[number].values || member.hit(artefact)) return;
  const auto& images = member.cached.plan.images;
  const auto image =
      std::find_if(images.begin(), images.end(), [&](const PlannedImage& i) { return i.number == number; });
  const auto picture = load_image(member.running.request().parts[image->part], context_.contents);
  member.pixels[number] = context_.runner.preprocess(
      {.width = picture->width(), .height = picture->height(), .rgb = std::as_bytes(picture->bytes())});
}

void InferenceBatch::transfer() {
  std::vector<SharedTensor> inputs;
  each([&](Member& member) {
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
  each([this](Member& member) { gather_artefacts(member); });
  encode();
  prefill();
  decode();
  upload_ = {};
}

// What the caches gave, as the model takes it; what they turned out not to have is made now.
void InferenceBatch::gather_artefacts(Member& member) {
  CachingMechanism& caching = context_.caching;
  const model::Plan& plan = member.cached.plan.plan;
  model::ReadyArtefacts& ready = member.item.ready;
  const auto ready_tensor = [&](ArtefactKind kind, std::uint32_t number = model::kNoImage) {
    const std::size_t i = member.find(kind, number);
    return i != kNoArtefact && caching.available(member.cached, i) ? member.cached.artefacts[i].tensor
                                                                   : SharedTensor();
  };
  std::uint64_t run = 0;
  for (std::size_t i = 0; i < plan.chain && caching.available(member.cached, i); ++i) {
    ready.kv_blocks.push_back(member.cached.artefacts[i].tensor);
    run = plan.artefacts[i].span.end;
  }
  // Nothing is left to be served beyond blocks that span the prompt.
  const bool whole = run >= member.prompt.tokens.ids.size();
  if (!whole) {
    ready.pair = ready_tensor(ArtefactKind::kTextImagePair);
    ready.fusion = ready_tensor(ArtefactKind::kFusionOutput);
    ready.language = ready_tensor(ArtefactKind::kLanguageEncoderOutput);
  }
  for (std::uint32_t number = 0; number < member.vision.size(); ++number) {
    if (ready.pair || ready.fusion || member.last_token[number] <= run) continue;
    member.vision[number] = ready_tensor(ArtefactKind::kVisionEncoderOutput, number);
    if (member.vision[number] || member.pixels[number].values) continue;
    if (SharedTensor values = ready_tensor(ArtefactKind::kImage, number)) {
      const auto& images = member.cached.plan.images;
      const auto image = std::find_if(images.begin(), images.end(),
                                      [&](const PlannedImage& i) { return i.number == number; });
      member.pixels[number] = {.values = std::move(values), .grid = image->grid};
      continue;
    }
    const std::size_t artefact = member.find(ArtefactKind::kImage, number);
    if (member.hit(artefact)) member.cached.artefacts[artefact].outcome = Outcome::kMiss;
    load_pixels(member, number);
  }
  member.running.result().cache.prompt_tokens_reused = run;
}

void InferenceBatch::encode() {
  struct Wanted {
    Member* member;
    std::uint32_t number;
  };
  std::vector<model::Pixels> images;
  std::vector<std::vector<Wanted>> wanted;     // by image of the pass: the same content is encoded once
  std::unordered_map<Key, std::size_t> known;  // vision output -> image of the pass
  each([&](Member& member) {
    for (std::uint32_t number = 0; number < member.vision.size(); ++number) {
      const model::Pixels& pixels = member.pixels[number];
      if (member.vision[number] || !pixels.values || member.item.ready.pair) continue;
      const std::size_t artefact = member.find(ArtefactKind::kVisionEncoderOutput, number);
      if (artefact != kNoArtefact) {
        const auto [at, is_new] =
            known.try_emplace(member.cached.plan.plan.artefacts[artefact].key, images.size());
        if (!is_new) {
          wanted[at->second].push_back({&member, number});
          continue;
        }
      }
      images.push_back(pixels);
      wanted.push_back({{&member, number}});
      ++member.running.result().cache.images_encoded;
    }
  });
  if (images.empty()) return;
  const Nanoseconds begun = context_.clock.now();
  std::vector<model::EncodeOutcome> outcomes = isolate<model::EncodeOutcome>(
      std::span<const model::Pixels>(images), [&](auto part) { return context_.runner.encode(part); },
      [](std::size_t) { return true; });
  const Nanoseconds each_image = (context_.clock.now() - begun) / static_cast<std::int64_t>(images.size());
  context_.counts.update([&](InferenceCounts::Values& counts) {
    counts.encoded += images.size();
    ++counts.encoder_passes;
    counts.encode.record(each_image.count(), images.size());
  });
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (const Wanted& one : wanted[i]) {
      if (outcomes[i].error) {
        one.member->running.fail(outcomes[i].error->what());
        continue;
      }
      one.member->vision[one.number] = outcomes[i].output;
      // At once: others may be waiting to use it.
      const std::size_t artefact = one.member->find(ArtefactKind::kVisionEncoderOutput, one.number);
      if (artefact != kNoArtefact) context_.caching.offer(one.member->cached, artefact, outcomes[i].output);
    }
  }
}

void InferenceBatch::prefill() {
  std::vector<Member*> members;
  std::vector<model::PrefillItem> items;
  each([&](Member& member) {
    model::PrefillItem& item = member.item;
    item.prompt = &member.prompt.tokens;
    if (!item.ready.pair && !item.ready.fusion) {
      for (const PlannedImage& image : member.cached.plan.images)
        item.ready.vision.push_back(member.vision[image.number]);
    }
    const auto missing = [&](ArtefactKind kind) {
      const std::size_t i = member.find(kind);
      return i != kNoArtefact && member.cached.artefacts[i].outcome == Outcome::kMiss;
    };
    // A pair needs every image, and hidden states every token; with leading blocks served they are not there.
    const bool all = item.ready.kv_blocks.empty();
    item.wanted = {.pair = all && missing(ArtefactKind::kTextImagePair),
                   .fusion = all && missing(ArtefactKind::kFusionOutput),
                   .language = all && missing(ArtefactKind::kLanguageEncoderOutput)};
    members.push_back(&member);
    items.push_back(item);
  });
  if (items.empty()) return;
  const Nanoseconds begun = context_.clock.now();
  std::vector<model::PrefillOutcome> outcomes = isolate<model::PrefillOutcome>(
      std::span<const model::PrefillItem>(items), [&](auto part) { return context_.runner.prefill(part); },
      [](std::size_t) { return true; });
  count_pass(items, context_.clock.now() - begun);
  for (std::size_t i = 0; i < members.size(); ++i) {
    Member& member = *members[i];
    if (outcomes[i].error) {
      member.running.fail(outcomes[i].error->what());
      continue;
    }
    try {
      take_outputs(member, outcomes[i]);
    } catch (...) {
      member.running.fail(error_in_flight().what());
    }
  }
}

void InferenceBatch::count_pass(std::span<const model::PrefillItem> items, Nanoseconds took) {
  std::uint64_t real = 0;
  std::uint64_t longest = 0;
  std::uint64_t all = 0;
  for (const model::PrefillItem& item : items) {
    std::uint64_t tokens = item.prompt->ids.size();
    all += tokens;
    for (const SharedTensor& block : item.ready.kv_blocks)
      tokens -= static_cast<std::uint64_t>(block.meta().shape.dims()[3]);
    tokens = std::max<std::uint64_t>(tokens, 1);
    real += tokens;
    longest = std::max(longest, tokens);
  }
  context_.counts.update([&](InferenceCounts::Values& counts) {
    counts.prompt_tokens += all;
    counts.real_tokens += real;
    counts.padded_tokens += longest * items.size();
    counts.prefill.record(took.count());
  });
}

// Copies are taken of what is to be offered before the answer may end the sequence.
void InferenceBatch::take_outputs(Member& member, model::PrefillOutcome& outcome) {
  member.pair = std::move(outcome.pair);
  member.fusion = std::move(outcome.fusion);
  member.language = std::move(outcome.language);
  const model::Plan& plan = member.cached.plan.plan;
  const bool jumped = member.item.ready.fusion || member.item.ready.language;
  member.blocks.resize(plan.chain);
  for (std::size_t i = member.item.ready.kv_blocks.size();
       context_.caching.enabled() && !jumped && i < plan.chain; ++i) {
    const model::TokenSpan& span = plan.artefacts[i].span;
    if (span.end <= outcome.sequence->tokens()) member.blocks[i] = outcome.sequence->kv_block(span);
  }
  member.running.set_sequence(std::move(outcome.sequence));
  static_cast<void>(member.running.accept(std::move(outcome.logits), context_.runner.end_token()));
}

void InferenceBatch::decode() {
  for (;;) {
    std::vector<Member*> members;
    std::vector<model::DecodeItem> items;
    std::vector<std::uint64_t> tokens;
    each([&](Member& member) {
      members.push_back(&member);
      items.push_back({.sequence = member.running.sequence(), .token = member.running.last_token()});
      tokens.push_back(member.running.sequence()->tokens());
    });
    if (members.empty()) return;
    const Nanoseconds begun = context_.clock.now();
    std::vector<model::DecodeOutcome> outcomes = isolate<model::DecodeOutcome>(
        std::span<const model::DecodeItem>(items), [&](auto part) { return context_.runner.decode(part); },
        [&](std::size_t i) { return items[i].sequence->tokens() == tokens[i]; });
    const Nanoseconds took = context_.clock.now() - begun;
    context_.counts.update([&](InferenceCounts::Values& counts) {
      counts.decoded_tokens += items.size();
      counts.decode.record(took.count());
    });
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (outcomes[i].error) {
        members[i]->running.fail(outcomes[i].error->what());
      } else {
        static_cast<void>(
            members[i]->running.accept(std::move(outcomes[i].logits), context_.runner.end_token()));
      }
    }
  }
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
  std::vector<AsyncMultimodalResult> results;
  for (const auto& member : members_) {
    RunningRequest& running = member->running;
    if (error && !running.ended()) {
      try {
        std::rethrow_exception(error);
      } catch (...) {
        running.fail(error_in_flight().what());
      }
    }
    if (!running.ended()) running.fail("the pipeline ended without an answer");
    CacheService& service = running.result().cache;
    for (std::size_t i = 0; i < member->cached.artefacts.size(); ++i) {
      const CachedArtefact& artefact = member->cached.artefacts[i];
      const std::size_t kind = index_of_kind(member->cached.plan.plan.artefacts[i].kind);
      if (artefact.tensor) ++service.served[kind];
      if (artefact.outcome == Outcome::kMiss) ++service.computed[kind];
    }
    if (!member->cached.artefacts.empty()) context_.caching.finish(member->cached);
    context_.counts.update([&](InferenceCounts::Values& counts) {
      ++counts.requests;
      counts.images += member->cached.plan.images.size();
      counts.reused_tokens += service.prompt_tokens_reused;
    });
    results.push_back(running.finish());
  }
  done_(std::move(results));
}

}  // namespace cachebench::pipeline
