// SPDX-License-Identifier: Apache-2.0
// Sessions under measured totals: the lengths of a spec are those of whole requests, re-sent content
// included, as a service's log gives them. A request fills its totals with what the session sent before,
// front to back, as far as it fits whole, and with new content for the rest: the marginal distributions stay
// those of the log while content repeats.
#include "trace/synthetic/session.h"

namespace cachebench::trace {
namespace {

struct Options {
  std::uint64_t system_tokens = 0;  ///< at most; a part of the total
  double resend_share = 1;          ///< of turns after the first that re-send
};

class BudgetedSession final : public Session {
 public:
  explicit BudgetedSession(const Options& options) : options_(options) {}

  void next(Turn& turn, Request& out) override {
    const bool resend = turn.number > 1 && turn.rng.uniform() < options_.resend_share;
    const std::uint64_t tokens = turn.lengths.text_tokens.sample(turn.rng);
    const std::uint64_t images = turn.lengths.image_count.sample(turn.rng);
    out.output_tokens = turn.lengths.output_tokens.sample(turn.rng);
    std::uint64_t left = tokens;
    if (options_.system_tokens > 0 && left > options_.system_tokens) {
      out.inputs.push_back(turn.mint.named_text({kSystemPrompt, 0}, options_.system_tokens));
      left -= options_.system_tokens;
    }
    put_images(turn, resend ? images_ : std::vector<Input>(), images, out);
    put_texts(turn, resend, left, out);
  }

 private:
  void put_images(Turn& turn, const std::vector<Input>& past, std::uint64_t count, Request& out) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i < past.size()) {
        out.inputs.push_back(past[i]);
        continue;
      }
      const Input* seen = images_.empty() ? nullptr : &images_.back();
      out.inputs.push_back(turn.images.draw(turn.rng, turn.lengths.image_tokens, seen));
      if (i == images_.size()) images_.push_back(out.inputs.back());
    }
  }
  void put_texts(Turn& turn, bool resend, std::uint64_t left, Request& out) {
    std::size_t sent = 0;
    while (resend && sent < texts_.size() && *texts_[sent].tokens <= left) {
      out.inputs.push_back(texts_[sent]);
      left -= *texts_[sent].tokens;
      ++sent;
    }
    if (left == 0) return;
    out.inputs.push_back(turn.mint.text(left));
    if (sent == texts_.size()) texts_.push_back(out.inputs.back());
  }
  const Options& options_;
  std::vector<Input> images_;
  std::vector<Input> texts_;
};

class Budgeted final : public SessionKind {
 public:
  explicit Budgeted(SpecObject& keys)
      : options_{.system_tokens = keys.count_or("system_tokens", 0, {.min = 0, .max = 1e6}),
                 .resend_share = keys.real_or("resend_share", 1, {.min = 0, .max = 1})} {}
  [[nodiscard]] std::unique_ptr<Session> start(Turn& /*turn*/) const override {
    return std::make_unique<BudgetedSession>(options_);
  }

 private:
  Options options_;
};

CACHEBENCH_REGISTER(SessionDescriptor,
                    {.name = "budgeted",
                     .summary = "re-sends within totals taken from a log",
                     .parse = [](SpecObject& keys) { return std::make_unique<Budgeted>(keys); }});

}  // namespace
}  // namespace cachebench::trace
