// SPDX-License-Identifier: Apache-2.0
// An agent at work on a screen: every step sends the task, the last steps (screenshot and action) and the
// screen as it is now: unchanged, slightly changed (a near-duplicate), or another one.
#include <deque>

#include "trace/synthetic/session.h"

namespace cachebench::trace {
namespace {

struct Options {
  std::uint64_t system_tokens = 0;
  Distribution task_tokens;
  std::uint64_t keep_steps = 3;  ///< steps that are sent again beside the task
  double unchanged_share = 0;    ///< of screens that are the one before, byte for byte
};

class AgentSession final : public Session {
 public:
  AgentSession(const Options& options, Input task) : options_(options), task_(std::move(task)) {}

  void next(Turn& turn, Request& out) override {
    if (options_.system_tokens > 0) {
      out.inputs.push_back(turn.mint.named_text({kSystemPrompt, 0}, options_.system_tokens));
    }
    out.inputs.push_back(task_);
    for (const Step& step : steps_) {
      out.inputs.push_back(step.screen);
      out.inputs.push_back(step.action);
    }
    Step step;
    const bool unchanged = !steps_.empty() && turn.rng.uniform() < options_.unchanged_share;
    const Input* before = steps_.empty() ? nullptr : &steps_.back().screen;
    step.screen = unchanged ? *before : turn.images.draw(turn.rng, turn.lengths.image_tokens, before);
    out.inputs.push_back(step.screen);
    const std::uint64_t observation = turn.lengths.text_tokens.sample(turn.rng);
    if (observation > 0) out.inputs.push_back(turn.mint.text(observation));
    out.output_tokens = std::max<std::uint64_t>(turn.lengths.output_tokens.sample(turn.rng), 1);
    step.action = turn.mint.text(*out.output_tokens);
    steps_.push_back(std::move(step));
    while (steps_.size() > std::max<std::uint64_t>(options_.keep_steps, 1)) steps_.pop_front();
  }

 private:
  struct Step {
    Input screen;
    Input action;
  };
  const Options& options_;
  Input task_;
  std::deque<Step> steps_;
};

class AgentLoop final : public SessionKind {
 public:
  explicit AgentLoop(SpecObject& keys) {
    options_.system_tokens = keys.count_or("system_tokens", 0, {.min = 0, .max = 1e6});
    options_.task_tokens = Distribution::parse(keys.at("task_tokens"), keys.path_of("task_tokens"));
    options_.keep_steps = keys.count_or("keep_steps", 3, {.min = 1, .max = 1000});
    options_.unchanged_share = keys.real_or("unchanged_share", 0, {.min = 0, .max = 1});
  }
  [[nodiscard]] std::unique_ptr<Session> start(Turn& turn) const override {
    const std::uint64_t tokens = std::max<std::uint64_t>(options_.task_tokens.sample(turn.rng), 1);
    return std::make_unique<AgentSession>(options_, turn.mint.text(tokens));
  }

 private:
  Options options_;
};

CACHEBENCH_REGISTER(SessionDescriptor,
                    {.name = "agent-loop",
                     .summary = "an agent's steps over screenshots that change little",
                     .parse = [](SpecObject& keys) { return std::make_unique<AgentLoop>(keys); }});

}  // namespace
}  // namespace cachebench::trace
