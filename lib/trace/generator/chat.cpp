// SPDX-License-Identifier: Apache-2.0
// Multi-turn chat: every turn re-sends the conversation so far, answers included, and adds images and a text.
#include <deque>

#include "trace/synthetic/session.h"

namespace cachebench::trace {
namespace {

struct Options {
  std::uint64_t system_tokens = 0;   ///< shared by all sessions of the client
  std::uint64_t context_tokens = 0;  ///< oldest turns are dropped beyond this many text tokens; 0: never
};

class ChatSession final : public Session {
 public:
  explicit ChatSession(const Options& options) : options_(options) {}

  void next(Turn& turn, Request& out) override {
    Exchange exchange;
    const std::uint64_t images = turn.lengths.image_count.sample(turn.rng);
    for (std::uint64_t i = 0; i < images; ++i) {
      exchange.question.push_back(turn.images.draw(turn.rng, turn.lengths.image_tokens, last_image()));
      last_image_ = exchange.question.back();
    }
    exchange.tokens = std::max<std::uint64_t>(turn.lengths.text_tokens.sample(turn.rng), 1);
    exchange.question.push_back(turn.mint.text(exchange.tokens));
    const std::uint64_t answer = std::max<std::uint64_t>(turn.lengths.output_tokens.sample(turn.rng), 1);
    trim(exchange.tokens + answer);

    if (options_.system_tokens > 0) {
      out.inputs.push_back(turn.mint.named_text({kSystemPrompt, 0}, options_.system_tokens));
    }
    for (const Exchange& past : past_) {
      out.inputs.insert(out.inputs.end(), past.question.begin(), past.question.end());
      out.inputs.push_back(past.answer);
    }
    out.inputs.insert(out.inputs.end(), exchange.question.begin(), exchange.question.end());
    out.output_tokens = answer;

    exchange.answer = turn.mint.text(answer);
    exchange.tokens += answer;
    tokens_ += exchange.tokens;
    past_.push_back(std::move(exchange));
  }

 private:
  struct Exchange {
    std::vector<Input> question;
    Input answer;
    std::uint64_t tokens = 0;  ///< of its texts
  };
  [[nodiscard]] const Input* last_image() const { return last_image_ ? &*last_image_ : nullptr; }
  void trim(std::uint64_t coming) {
    while (options_.context_tokens > 0 && !past_.empty() &&
           options_.system_tokens + tokens_ + coming > options_.context_tokens) {
      tokens_ -= past_.front().tokens;
      past_.pop_front();
    }
  }
  const Options& options_;
  std::deque<Exchange> past_;
  std::uint64_t tokens_ = 0;
  std::optional<Input> last_image_;
};

class Chat final : public SessionKind {
 public:
  explicit Chat(SpecObject& keys)
      : options_{.system_tokens = keys.count_or("system_tokens", 0, {.min = 0, .max = 1e6}),
                 .context_tokens = keys.count_or("context_tokens", 0, {.min = 0, .max = 4e6})} {}
  [[nodiscard]] std::unique_ptr<Session> start(Turn& /*turn*/) const override {
    return std::make_unique<ChatSession>(options_);
  }

 private:
  Options options_;
};

CACHEBENCH_REGISTER(SessionDescriptor,
                    {.name = "chat",
                     .summary = "each turn re-sends the conversation so far",
                     .parse = [](SpecObject& keys) { return std::make_unique<Chat>(keys); }});

}  // namespace
}  // namespace cachebench::trace
