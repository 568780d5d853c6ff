// SPDX-License-Identifier: Apache-2.0
#include "pipeline/direct_executor.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "pipeline/isolate.h"
#include "pipeline/prompt.h"
#include "pipeline/running_request.h"

namespace cachebench::pipeline {
namespace {

/// A request on its way to its first token.
struct Joining {
  std::unique_ptr<RunningRequest> running;
  std::vector<model::Pixels> pixels;
  Prompt prompt;
  model::PrefillItem item;
};

/// One call of the executor.
class DirectRun {
 public:
  DirectRun(model::ModelRunner& runner, const Clock& clock, const ContentSource& contents, BatchFeed& feed)
      : runner_(runner), clock_(clock), contents_(contents), feed_(feed), space_(token_space(runner)) {}

  void admit(std::span<const BatchItem> items) {
    std::vector<Joining> joining;
    for (const BatchItem& item : items) {
      Joining next;
      next.running = std::make_unique<RunningRequest>(next_index_++, item, clock_);
      prepare(next);
      if (!settle(next.running)) joining.push_back(std::move(next));
    }
    encode(joining);
    prefill(joining);
  }

  [[nodiscard]] bool busy() const { return !running_.empty(); }

  void step() {
    std::erase_if(running_, [&](auto& request) {
      request->end_if_unwanted();
      return settle(request);
    });
    if (running_.empty()) return;
    std::vector<model::DecodeItem> items;
    std::vector<std::uint64_t> tokens;
    for (const auto& request : running_) {
      items.push_back({.sequence = request->sequence(), .token = request->last_token()});
      tokens.push_back(request->sequence()->tokens());
    }
    std::vector<model::DecodeOutcome> outcomes = isolate<model::DecodeOutcome>(
        std::span<const model::DecodeItem>(items), [&](auto part) { return runner_.decode(part); },
        [&](std::size_t i) { return items[i].sequence->tokens() == tokens[i]; });
    for (std::size_t i = 0; i < outcomes.size(); ++i) take_token(*running_[i], outcomes[i]);
    std::erase_if(running_, [&](auto& request) { return settle(request); });
  }

 private:
  // Images to pixels, text to tokens: what may be wrong with a request alone.
  void prepare(Joining& next) {
    RunningRequest& running = *next.running;
    if (running.end_if_unwanted()) return;
    try {
      std::vector<model::PatchGrid> grids;
      for (const RequestPart& part : running.request().parts) {
        if (!is_image(part)) continue;
        const auto picture = load_image(part, contents_);
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

  void encode(std::vector<Joining>& joining) {
    std::vector<model::Pixels> images;
    for (const Joining& next : joining) images.insert(images.end(), next.pixels.begin(), next.pixels.end());
    if (images.empty()) return;
    std::vector<model::EncodeOutcome> outcomes = isolate<model::EncodeOutcome>(
        std::span<const model::Pixels>(images), [&](auto part) { return runner_.encode(part); },
        [](std::size_t) { return true; });
    std::size_t at = 0;
    for (Joining& next : joining) {
      for (std::size_t i = 0; i < next.pixels.size(); ++i, ++at) {
        if (outcomes[at].error) next.running->fail(outcomes[at].error->what());
        next.item.ready.vision.push_back(std::move(outcomes[at].output));
        ++next.running->result().cache.images_encoded;
      }
      next.pixels.clear();
    }
    std::erase_if(joining, [&](Joining& next) { return settle(next.running); });
  }

  void prefill(std::vector<Joining>& joining) {
    std::erase_if(joining, [&](Joining& next) {
      next.running->end_if_unwanted();
      return settle(next.running);
    });
    if (joining.empty()) return;
    std::vector<model::PrefillItem> items;
    for (Joining& next : joining) {
      next.item.prompt = &next.prompt.tokens;
      items.push_back(next.item);
    }
    std::vector<model::PrefillOutcome> outcomes = isolate<model::PrefillOutcome>(
        std::span<const model::PrefillItem>(items), [&](auto part) { return runner_.prefill(part); },
        [](std::size_t) { return true; });
    for (std::size_t i = 0; i < joining.size(); ++i) {
      std::unique_ptr<RunningRequest>& running = joining[i].running;
      running->set_sequence(std::move(outcomes[i].sequence));
      take_token(*running, outcomes[i]);
      if (!settle(running)) running_.push_back(std::move(running));
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
  bool settle(std::unique_ptr<RunningRequest>& running) {
    if (!running->ended()) return false;
    feed_.finish(running->index(), running->finish());
    running.reset();
    return true;
  }

  model::ModelRunner& runner_;
  const Clock& clock_;
  const ContentSource& contents_;
  BatchFeed& feed_;
  const TokenSpace space_;
  std::size_t next_index_ = 0;
  std::vector<std::unique_ptr<RunningRequest>> running_;
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

DirectExecutor::DirectExecutor(model::ModelRunner& runner, const Clock& clock, ContentSource contents)
    : runner_(runner), clock_(clock), contents_(std::move(contents)) {}

std::vector<AsyncMultimodalResult> DirectExecutor::execute(std::span<const BatchItem> batch) {
  Collect collect(batch.size());
  execute_feeding(batch, collect);
  return std::move(collect.results);
}

void DirectExecutor::execute_feeding(std::span<const BatchItem> batch, BatchFeed& feed) {
  DirectRun run(runner_, clock_, contents_, feed);
  run.admit(batch);
  while (run.busy()) {
    run.step();
    if (!run.busy()) return;  // who comes now is better off in a batch formed with care
    if (const std::vector<BatchItem> more = feed.join(); !more.empty()) run.admit(more);
  }
}

}  // namespace cachebench::pipeline
