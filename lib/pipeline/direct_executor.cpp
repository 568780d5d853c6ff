// SPDX-License-Identifier: Apache-2.0
#include "pipeline/direct_executor.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "pipeline/isolate.h"
#include "pipeline/prompt.h"
#include "pipeline/resume_answer.h"
#include "pipeline/running_request.h"

namespace cachebench::pipeline {
namespace {

/// A request of the run, with what it takes to compute it again.
struct Active {
  std::unique_ptr<RunningRequest> running;
  std::vector<model::Pixels> pixels = {};  // until they are encoded
  Prompt prompt = {};
  std::vector<SharedTensor> vision = {};
  ParkedKv parked = {};                  // while it waits for room,
  std::vector<SharedTensor> ready = {};  // and its leading K/V once they were read back
  std::vector<std::int64_t> again = {};  // of its answer, to be decoded anew
};

bool more_urgent(const Active& a, const Active& b) {
  const std::int32_t priority_a = a.running->request().priority;
  const std::int32_t priority_b = b.running->request().priority;
  return priority_a != priority_b ? priority_a > priority_b : a.running->index() < b.running->index();
}

bool is_out_of_room(const std::optional<Error>& error) {
  return error && error->kind() == ErrorKind::kEnvironment;
}

/// One call of the executor.
class DirectRun {
 public:
  DirectRun(model::ModelRunner& runner, const Clock& clock, const DirectOptions& options, BatchFeed& feed)
      : runner_(runner), clock_(clock), options_(options), feed_(feed), space_(token_space(runner)) {}

  void admit(std::span<const BatchItem> items) {
    std::vector<Active> joining;
    for (const BatchItem& item : items) {
      Active next{.running = std::make_unique<RunningRequest>(next_index_++, item, clock_)};
      prepare(next);
      if (!settle(next)) joining.push_back(std::move(next));
    }
    encode(joining);
    prefill(std::move(joining));
  }

  [[nodiscard]] bool busy() const { return !running_.empty() || !waiting_.empty(); }
  [[nodiscard]] bool may_grow() const { return !running_.empty() && waiting_.empty(); }

  void step() {
    drop_unwanted(running_);
    drop_unwanted(waiting_);
    resume();
    std::vector<std::size_t> all(running_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    for (std::vector<std::size_t> left = decode(all); !left.empty();) {
      // They are as they were: with one sequence less there is room for the others.
      const auto least = std::max_element(left.begin(), left.end(), [&](std::size_t a, std::size_t b) {
        return more_urgent(running_[a], running_[b]);
      });
      park(running_[*least]);
      left.erase(least);
      left = decode(left);
    }
    std::erase_if(running_, [&](Active& active) { return !active.running || settle(active); });
  }

 private:
  void drop_unwanted(std::vector<Active>& from) {
    std::erase_if(from, [&](Active& active) {
      active.running->end_if_unwanted();
      return settle(active);
    });
  }

  // Images to pixels, text to tokens: what may be wrong with a request alone.
  void prepare(Active& next) {
    RunningRequest& running = *next.running;
    if (running.end_if_unwanted()) return;
    try {
      std::vector<model::PatchGrid> grids;
      for (const RequestPart& part : running.request().parts) {
        if (!is_image(part)) continue;
        const auto picture = load_image(part, options_.contents);
        next.pixels.push_back(runner_.preprocess({.width = picture->width(),
                                                  .height = picture->height(),
                                                  .rgb = std::as_bytes(picture->bytes())}));
        grids.push_back(next.pixels.back().grid);
      }
      next.prompt = assemble_prompt({.request = &running.request(),
                                     .grids = grids,
                                     .space = space_,
                                     .merge = runner_.geometry().vision().merge});
      running.result().prompt_tokens = next.prompt.tokens.ids.size();
    } catch (...) {
      running.fail(error_in_flight().what());
    }
  }

  void encode(std::vector<Active>& joining) {
    std::vector<model::Pixels> images;
    for (const Active& next : joining) images.insert(images.end(), next.pixels.begin(), next.pixels.end());
    if (images.empty()) return;
    std::vector<model::EncodeOutcome> outcomes = isolate<model::EncodeOutcome>(
        std::span<const model::Pixels>(images), [&](auto part) { return runner_.encode(part); },
        [](std::size_t) { return true; });
    std::size_t at = 0;
    for (Active& next : joining) {
      for (std::size_t i = 0; i < next.pixels.size(); ++i, ++at) {
        if (outcomes[at].error) next.running->fail(outcomes[at].error->what());
        next.vision.push_back(std::move(outcomes[at].output));
        ++next.running->result().cache.images_encoded;
      }
      next.pixels.clear();
    }
    std::erase_if(joining, [&](Active& next) { return settle(next); });
  }

  void prefill(std::vector<Active> joining) {
    drop_unwanted(joining);
    if (joining.empty()) return;
    std::vector<model::PrefillItem> items;
    for (Active& next : joining) {
      items.push_back({.prompt = &next.prompt.tokens,
                       .ready = {.kv_blocks = next.ready, .vision = next.vision},
                       .wanted = {}});
    }
    std::vector<model::PrefillOutcome> outcomes = isolate<model::PrefillOutcome>(
        std::span<const model::PrefillItem>(items), [&](auto part) { return runner_.prefill(part); },
        [](std::size_t) { return true; });
    const bool alone = running_.empty() && joining.size() == 1;
    for (std::size_t i = 0; i < joining.size(); ++i) {
      Active& next = joining[i];
      decode_again(runner_, next.again, outcomes[i]);
      if (is_out_of_room(outcomes[i].error) && options_.offload != nullptr && !alone) {
        waiting_.push_back(std::move(next));
        continue;
      }
      next.ready.clear();
      if (options_.offload == nullptr) next.vision.clear();
      next.running->set_sequence(std::move(outcomes[i].sequence));
      take_token(*next.running, outcomes[i]);
      if (!settle(next)) running_.push_back(std::move(next));
    }
  }

  // One token of some of those that run. Returns who could not for want of room and may be made to wait.
  [[nodiscard]] std::vector<std::size_t> decode(const std::vector<std::size_t>& which) {
    if (which.empty()) return {};
    std::vector<model::DecodeItem> items;
    std::vector<std::uint64_t> tokens;
    for (const std::size_t i : which) {
      model::Sequence* sequence = running_[i].running->sequence();
      items.push_back({.sequence = sequence, .token = running_[i].running->last_token()});
      tokens.push_back(sequence->tokens());
    }
    std::vector<model::DecodeOutcome> outcomes = isolate<model::DecodeOutcome>(
        std::span<const model::DecodeItem>(items), [&](auto part) { return runner_.decode(part); },
        [&](std::size_t i) { return items[i].sequence->tokens() == tokens[i]; });
    std::vector<std::size_t> out_of_room;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const bool as_before = items[i].sequence->tokens() == tokens[i];
      if (is_out_of_room(outcomes[i].error) && options_.offload != nullptr && as_before &&
          others_run(which[i]))
        out_of_room.push_back(which[i]);
      else
        take_token(*running_[which[i]].running, outcomes[i]);
    }
    return out_of_room;
  }

  [[nodiscard]] bool others_run(std::size_t but) const {
    for (std::size_t i = 0; i < running_.size(); ++i) {
      if (i != but && running_[i].running && !running_[i].running->ended()) return true;
    }
    return false;
  }

  // Leaves an empty place behind.
  void park(Active& active) {
    try {
      active.parked = options_.offload->park(*active.running->sequence());
    } catch (...) {  // nothing was kept: all of it is computed again
      active.parked = {};
    }
    active.running->set_sequence(nullptr);
    // The answer so far is part of what is to be read when it goes on.
    const AsyncMultimodalResult& result = active.running->result();
    active.again =
        append_answer(active.prompt.tokens.ids, result.prompt_tokens, result.tokens, runner_.image_token());
    waiting_.push_back(std::move(active));
  }

  // Whoever waits for room goes on, the most urgent first, as long as there is some.
  void resume() {
    while (!waiting_.empty() && (room_may_be_ || running_.empty())) {
      const auto next = std::min_element(waiting_.begin(), waiting_.end(), more_urgent);
      Active active = std::move(*next);
      waiting_.erase(next);
      if (active.ready.empty()) active.ready = options_.offload->fetch(std::exchange(active.parked, {}));
      trim_blocks(active.ready, active.prompt.tokens.ids.size());
      const std::size_t before = waiting_.size();
      std::vector<Active> one;
      one.push_back(std::move(active));
      prefill(std::move(one));
      if (waiting_.size() > before) room_may_be_ = false;
    }
  }

  template <typename Outcome>
  void take_token(RunningRequest& running, Outcome& outcome) {
    if (outcome.error) {
      running.fail(outcome.error->what());
    } else {
      running.accept(std::move(outcome.logits), runner_.end_token());
    }
  }

  // Hands out what has ended; true when it has.
  bool settle(Active& active) {
    if (!active.running->ended()) return false;
    if (options_.offload != nullptr) options_.offload->forget(active.parked);
    room_may_be_ = true;
    feed_.finish(active.running->index(), active.running->finish());
    active.running.reset();
    return true;
  }

  model::ModelRunner& runner_;
  const Clock& clock_;
  const DirectOptions& options_;
  BatchFeed& feed_;
  const TokenSpace space_;
  std::size_t next_index_ = 0;
  std::vector<Active> running_;
  std::vector<Active> waiting_;  // for room, not in the runner
  bool room_may_be_ = false;     // somebody has ended since somebody could not go on
};

class Collect final : public BatchFeed {
 public:
  explicit Collect(std::size_t items) : results(items) {}
  void finish(std::size_t index, AsyncMultimodalResult result) override {
    results[index] = std::move(result);
  }
  [[nodiscard]] std::vector<BatchItem> join() override { return {}; }
  std::vector<AsyncMultimodalResult> results;
};

}  // namespace

DirectExecutor::DirectExecutor(model::ModelRunner& runner, const Clock& clock, DirectOptions options)
    : runner_(runner), clock_(clock), options_(std::move(options)) {}

std::vector<AsyncMultimodalResult> DirectExecutor::execute(std::span<const BatchItem> batch) {
  Collect collect(batch.size());
  execute_feeding(batch, collect);
  return std::move(collect.results);
}

void DirectExecutor::execute_feeding(std::span<const BatchItem> batch, BatchFeed& feed) {
  DirectRun run(runner_, clock_, options_, feed);
  run.admit(batch);
  while (run.busy()) {
    run.step();
    if (!run.may_grow()) continue;  // who comes now is better off in a batch formed with care
    if (const std::vector<BatchItem> more = feed.join(); !more.empty()) run.admit(more);
  }
}

}  // namespace cachebench::pipeline
