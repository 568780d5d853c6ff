// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stages/compute_run.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "pipeline/isolate.h"
#include "pipeline/resume_answer.h"

namespace cachebench::pipeline {
namespace {

using model::Outcome;

constexpr std::chrono::milliseconds kLookUp{2};  // for deadlines and cancellations, while waiting for room

bool more_urgent(const InferenceMember* a, const InferenceMember* b) {
  const AsyncMultimodalRequest& one = a->running.request();
  const AsyncMultimodalRequest& other = b->running.request();
  return one.priority != other.priority ? one.priority > other.priority : one.id < other.id;
}

}  // namespace

ComputeRun::ComputeRun(const InferenceContext& context) : context_(context) {
  if (context.room != nullptr) room_.emplace(*context.room);
}

void ComputeRun::each(const Members& members, const std::function<void(InferenceMember&)>& step) {
  for (InferenceMember* member : members) {
    if (member->running.end_if_unwanted()) continue;
    try {
      step(*member);
    } catch (...) {
      member->running.fail(error_in_flight().what());
    }
  }
}

void ComputeRun::drop_ended(Members& members) {
  std::erase_if(members, [](InferenceMember* member) { return member->running.ended(); });
}

void ComputeRun::admit(std::span<InferenceMember* const> joining) {
  Members members(joining.begin(), joining.end());
  each(members, [this](InferenceMember& member) { gather_artefacts(member); });
  encode(members);
  prefill(members);
  settle_room();
}

void ComputeRun::step() {
  each(waiting_, [](InferenceMember&) {});
  const std::size_t before = active();
  drop_ended(waiting_);
  drop_ended(running_);
  if (active() < before) room_may_be_ = true;
  if (active() < before && room_) room_->gave_back();
  resume();
  for (Members left = decode(running_); !left.empty();) {
    // They are as they were: with one less there is room for the others.
    const auto least = std::max_element(left.begin(), left.end(), more_urgent);
    park(**least);
    left.erase(least);
    left = decode(left);
  }
  const std::size_t under_way = running_.size();
  drop_ended(running_);
  if (running_.size() < under_way) room_may_be_ = true;
  if (running_.size() < under_way && room_) room_->gave_back();
  settle_room();
}

void ComputeRun::fail(const std::string& error) {
  for (Members* members : {&running_, &waiting_}) {
    for (InferenceMember* member : *members) member->running.fail(error);
    members->clear();
  }
}

// What the caches gave, as the model takes it; what they turned out not to have is made now.
void ComputeRun::gather_artefacts(InferenceMember& member) {
  CachingMechanism& caching = context_.caching;
  const model::Plan& plan = member.cached.plan.plan;
  model::ReadyArtefacts& ready = member.item.ready;
  const auto ready_tensor = [&](ArtefactKind kind) {
    const std::size_t i = member.find(kind);
    return i != kNoArtefact && caching.available(member.cached, i) ? member.cached.artefacts[i].tensor
                                                                   : SharedTensor();
  };
  std::uint64_t run = 0;
  for (std::size_t i = 0; i < plan.chain && caching.available(member.cached, i); ++i) {
    ready.kv_blocks.push_back(member.cached.artefacts[i].tensor);
    run = plan.artefacts[i].span.end;
  }
  // Nothing is left to be served beyond blocks that span the prompt.
  if (run < member.prompt.tokens.ids.size()) {
    ready.pair = ready_tensor(ArtefactKind::kTextImagePair);
    ready.fusion = ready_tensor(ArtefactKind::kFusionOutput);
    ready.language = ready_tensor(ArtefactKind::kLanguageEncoderOutput);
  }
  if (!ready.pair && !ready.fusion) gather_vision(member, run);
  member.running.result().cache.prompt_tokens_reused = run;
}

// Outputs of the tower for images beyond `run`, or what they are made of.
void ComputeRun::gather_vision(InferenceMember& member, std::uint64_t run) {
  CachingMechanism& caching = context_.caching;
  for (std::uint32_t number = 0; number < member.vision.size(); ++number) {
    if (member.last_token[number] <= run || member.vision[number]) continue;
    const std::size_t output = member.find(ArtefactKind::kVisionEncoderOutput, number);
    if (output != kNoArtefact && caching.available(member.cached, output))
      member.vision[number] = member.cached.artefacts[output].tensor;
    if (member.vision[number] || member.pixels[number].values) continue;
    const std::size_t image = member.find(ArtefactKind::kImage, number);
    if (image != kNoArtefact && caching.available(member.cached, image)) {
      member.pixels[number] = {.values = member.cached.artefacts[image].tensor,
                               .grid = member.image(number).grid};
      continue;
    }
    if (member.hit(image)) member.cached.artefacts[image].outcome = Outcome::kMiss;
    load_pixels(context_, member, number);
  }
}

void ComputeRun::encode(const Members& members) {
  struct Wanted {
    InferenceMember* member;
    std::uint32_t number;
  };
  std::vector<model::Pixels> images;
  std::vector<std::vector<Wanted>> wanted;     // by image of the pass: the same content is encoded once
  std::unordered_map<Key, std::size_t> known;  // vision output -> image of the pass
  each(members, [&](InferenceMember& member) {
    if (member.item.ready.pair || member.item.ready.fusion) return;
    for (std::uint32_t number = 0; number < member.vision.size(); ++number) {
      const model::Pixels& pixels = member.pixels[number];
      if (member.vision[number] || !pixels.values) continue;
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
      // At once: others may be waiting to use it. It was made once, so it is offered once, by the first or by
      // whoever promised it.
      const std::size_t artefact = one.member->find(ArtefactKind::kVisionEncoderOutput, one.number);
      if (artefact == kNoArtefact) continue;
      const bool promised = one.member->cached.artefacts[artefact].owned != nullptr;
      if (promised || one.member == wanted[i].front().member)
        context_.caching.offer(one.member->cached, artefact, outcomes[i].output);
    }
  }
}

model::PrefillItem ComputeRun::item_of(InferenceMember& member) const {
  model::PrefillItem& item = member.item;
  item.prompt = &member.prompt.tokens;
  item.ready.vision.clear();
  if (!item.ready.pair && !item.ready.fusion) {
    for (const PlannedImage& image : member.cached.plan.images)
      item.ready.vision.push_back(member.vision[image.number]);
  }
  const auto missing = [&](ArtefactKind kind) {
    const std::size_t i = member.find(kind);
    return i != kNoArtefact && member.cached.artefacts[i].outcome == Outcome::kMiss;
  };
  // A pair needs every image, and hidden states every token; with leading blocks served they are not there.
  const bool all = !member.prefilled && item.ready.kv_blocks.empty();
  item.wanted = {.pair = all && missing(ArtefactKind::kTextImagePair),
                 .fusion = all && missing(ArtefactKind::kFusionOutput),
                 .language = all && missing(ArtefactKind::kLanguageEncoderOutput)};
  return item;
}

void ComputeRun::prefill(const Members& members) {
  Members under_way;
  std::vector<model::PrefillItem> items;
  each(members, [&](InferenceMember& member) {
    items.push_back(item_of(member));
    under_way.push_back(&member);
  });
  if (items.empty()) return;
  if (room_) {
    room_->enter();
    room_->mark();
  }
  const Nanoseconds begun = context_.clock.now();
  std::vector<model::PrefillOutcome> outcomes = isolate<model::PrefillOutcome>(
      std::span<const model::PrefillItem>(items), [&](auto part) { return context_.runner.prefill(part); },
      [](std::size_t) { return true; });
  count_pass(items, outcomes, context_.clock.now() - begun);
  const auto has_room = [](const model::PrefillOutcome& outcome) { return !outcome.error; };
  if (room_ && std::any_of(outcomes.begin(), outcomes.end(), has_room)) room_->took();
  const bool alone = running_.empty() && under_way.size() == 1 && !others_hold();
  for (std::size_t i = 0; i < under_way.size(); ++i) {
    InferenceMember& member = *under_way[i];
    decode_again(context_.runner, member.again, outcomes[i]);
    if (!alone && out_of_room(outcomes[i].error)) {
      waiting_.push_back(&member);
      continue;
    }
    if (outcomes[i].error) {
      member.running.fail(outcomes[i].error->what());
      continue;
    }
    try {
      take_outputs(member, outcomes[i]);
    } catch (...) {
      member.running.fail(error_in_flight().what());
    }
    if (!member.running.ended()) running_.push_back(&member);
  }
}

// Who found no room, or could not be read, was not prefilled.
void ComputeRun::count_pass(std::span<const model::PrefillItem> items,
                            std::span<const model::PrefillOutcome> outcomes, Nanoseconds took) {
  std::uint64_t real = 0;
  std::uint64_t longest = 0;
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (outcomes[i].error) continue;
    const model::PrefillItem& item = items[i];
    ++rows;
    std::uint64_t tokens = item.prompt->ids.size();
    for (const SharedTensor& block : item.ready.kv_blocks)
      tokens -= static_cast<std::uint64_t>(block.meta().shape.dims()[3]);
    tokens = std::max<std::uint64_t>(tokens, 1);
    real += tokens;
    longest = std::max(longest, tokens);
  }
  if (rows == 0) return;
  context_.counts.update([&](InferenceCounts::Values& counts) {
    counts.real_tokens += real;
    counts.padded_tokens += longest * rows;
    counts.prefill.record(took.count());
  });
}

// Copies are taken of what is to be offered before the answer may end the sequence.
void ComputeRun::take_outputs(InferenceMember& member, model::PrefillOutcome& outcome) {
  if (!std::exchange(member.prefilled, true)) {
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
  }
  member.running.set_sequence(std::move(outcome.sequence));
  member.running.accept(std::move(outcome.logits), context_.runner.end_token());
}

// Returns who could not for want of room and may be made to wait.
ComputeRun::Members ComputeRun::decode(const Members& members) {
  Members under_way;
  std::vector<model::DecodeItem> items;
  std::vector<std::uint64_t> tokens;
  each(members, [&](InferenceMember& member) {
    items.push_back({.sequence = member.running.sequence(), .token = member.running.last_token()});
    tokens.push_back(member.running.sequence()->tokens());
    under_way.push_back(&member);
  });
  if (items.empty()) return {};
  const auto as_before = [&](std::size_t i) { return items[i].sequence->tokens() == tokens[i]; };
  if (room_) room_->mark();
  const Nanoseconds begun = context_.clock.now();
  std::vector<model::DecodeOutcome> outcomes = isolate<model::DecodeOutcome>(
      std::span<const model::DecodeItem>(items), [&](auto part) { return context_.runner.decode(part); },
      as_before);
  const Nanoseconds took = context_.clock.now() - begun;
  Members left;
  for (std::size_t i = 0; i < under_way.size(); ++i) {
    InferenceMember& member = *under_way[i];
    if (out_of_room(outcomes[i].error) && as_before(i) && (others_run(member) || others_hold())) {
      left.push_back(&member);
    } else if (outcomes[i].error) {
      member.running.fail(outcomes[i].error->what());
    } else {
      member.running.accept(std::move(outcomes[i].logits), context_.runner.end_token());
    }
  }
  context_.counts.update([&](InferenceCounts::Values& counts) {
    counts.decoded_tokens += under_way.size() - left.size();
    counts.decode.record(took.count());
  });
  return left;
}

bool ComputeRun::others_run(const InferenceMember& but) const {
  return std::any_of(running_.begin(), running_.end(), [&](const InferenceMember* member) {
    return member != &but && !member->running.ended();
  });
}

bool ComputeRun::out_of_room(const std::optional<Error>& error) const {
  const bool may_wait = context_.offload != nullptr || context_.room != nullptr;
  return may_wait && error && error->kind() == ErrorKind::kEnvironment;
}

void ComputeRun::park(InferenceMember& member) {
  try {
    if (context_.offload != nullptr) member.parked = context_.offload->park(*member.running.sequence());
  } catch (...) {  // nothing was kept: all of it is computed again
    member.parked = {};
  }
  member.running.set_sequence(nullptr);
  // The answer so far is part of what is to be read when it goes on.
  const AsyncMultimodalResult& result = member.running.result();
  member.again = append_answer(member.prompt.tokens.ids, result.prompt_tokens, result.tokens,
                               context_.runner.image_token());
  std::erase(running_, &member);
  waiting_.push_back(&member);
}

// Whoever waits for room goes on, the most urgent first, as long as there is some.
void ComputeRun::resume() {
  while (!waiting_.empty() && (room_may_be_ || running_.empty())) {
    if (running_.empty() && !take_turn()) return;
    const auto next = std::min_element(waiting_.begin(), waiting_.end(), more_urgent);
    const Members one{*next};
    waiting_.erase(next);
    const std::size_t before = waiting_.size();
    each(one, [this](InferenceMember& member) {
      if (member.prefilled) fetch_parked(member);
    });
    encode(one);
    prefill(one);
    settle_room();
    if (waiting_.size() > before) room_may_be_ = false;
  }
}

// What other batches hold is waited for, as long as somebody here waits for an answer.
bool ComputeRun::take_turn() {
  if (!room_) return true;
  while (!waiting_.empty()) {
    if (room_->wait_turn(kLookUp)) return true;
    each(waiting_, [](InferenceMember&) {});
    drop_ended(waiting_);
  }
  room_->give_up();
  return false;
}

void ComputeRun::settle_room() {
  if (!room_) return;
  room_->tried();
  if (running_.empty()) room_->leave();
}

// Its artefacts were of the prompt as it was; what is left of its own keys and values serves in their place.
void ComputeRun::fetch_parked(InferenceMember& member) {
  model::ReadyArtefacts& ready = member.item.ready;
  if (!member.parked.blocks.empty() || ready.pair) {
    ready = {};
    if (context_.offload != nullptr)
      ready.kv_blocks = context_.offload->fetch(std::exchange(member.parked, {}));
    trim_blocks(ready.kv_blocks, member.prompt.tokens.ids.size());
  }
  std::uint64_t run = 0;
  for (const SharedTensor& block : ready.kv_blocks)
    run += static_cast<std::uint64_t>(block.meta().shape.dims()[3]);
  gather_vision(member, run);
}

}  // namespace cachebench::pipeline
