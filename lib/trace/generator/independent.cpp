// SPDX-License-Identifier: Apache-2.0
// Requests that have nothing in common but the system prompt and shared images.
#include "trace/synthetic/session.h"

namespace cachebench::trace {
namespace {

class Independent final : public SessionKind, public Session {
 public:
  explicit Independent(std::uint64_t system_tokens) : system_tokens_(system_tokens) {}
  [[nodiscard]] std::unique_ptr<Session> start(Turn& /*turn*/) const override {
    return std::make_unique<Independent>(system_tokens_);
  }
  void next(Turn& turn, Request& out) override {
    if (system_tokens_ > 0) out.inputs.push_back(turn.mint.named_text({kSystemPrompt, 0}, system_tokens_));
    const std::uint64_t images = turn.lengths.image_count.sample(turn.rng);
    for (std::uint64_t i = 0; i < images; ++i) {
      out.inputs.push_back(turn.images.draw(turn.rng, turn.lengths.image_tokens, nullptr));
    }
    const std::uint64_t tokens = turn.lengths.text_tokens.sample(turn.rng);
    if (tokens > 0) out.inputs.push_back(turn.mint.text(tokens));
    out.output_tokens = turn.lengths.output_tokens.sample(turn.rng);
  }

 private:
  std::uint64_t system_tokens_;
};

CACHEBENCH_REGISTER(SessionDescriptor, {.name = "independent",
                                        .summary = "requests with no session",
                                        .parse = [](SpecObject& keys) {
                                          return std::make_unique<Independent>(
                                              keys.count_or("system_tokens", 0, {.min = 0, .max = 1e6}));
                                        }});

}  // namespace
}  // namespace cachebench::trace
