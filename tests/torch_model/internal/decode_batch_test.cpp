// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "torch_model/runner_fixture.h"

using namespace cachebench;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::RunnerFixture;

TEST_CASE("sequences decoded together go on as each would alone") {
  RunnerFixture f;
  const std::vector<model::PatchGrid> grids{{1, 4, 6}};
  const std::vector<SharedTensor> vision = f.look(grids);
  const std::vector<model::PromptTokens> prompts{f.prompt(4, {}, 1), f.prompt(21, {}, 2),
                                                 f.prompt(3, grids, 3)};
  std::vector<model::PrefillOutcome> together;
  std::vector<model::PrefillOutcome> alone;
  for (const model::PromptTokens& prompt : prompts) {
    const model::PrefillItem item{
        .prompt = &prompt, .ready = {.vision = prompt.grids.empty() ? std::vector<SharedTensor>{} : vision}};
    together.push_back(f.prefill(item));
    alone.push_back(f.prefill(item));
  }
  for (std::int64_t step = 0; step < 4; ++step) {
    std::vector<model::DecodeItem> items;
    for (const model::PrefillOutcome& one : together)
      items.push_back({.sequence = one.sequence.get(), .token = 9 + step});
    const std::vector<model::DecodeOutcome> out = f.runner().decode(items);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      CHECK(difference(out[i].logits, f.decode(*alone[i].sequence, 9 + step).logits) < 1e-5);
      CHECK(together[i].sequence->tokens() == prompts[i].ids.size() + static_cast<std::size_t>(step) + 1);
    }
  }
}

TEST_CASE("decoding gives the logits of the longer prompt") {
  RunnerFixture f;
  model::PromptTokens prompt = f.prompt(6, {}, 1);
  const model::PrefillOutcome start = f.prefill({.prompt = &prompt});
  for (const std::int64_t token : {4, 80, 2}) {
    prompt.ids.push_back(token);
    CHECK(difference(f.decode(*start.sequence, token).logits, f.prefill({.prompt = &prompt}).logits) < 1e-5);
  }
}

TEST_CASE("a token that is none, or no room, fails its sequence alone and leaves it as it was") {
  RunnerFixture f({.kv_tokens = 32});
  const model::PromptTokens full = f.prompt(16, {}, 1);
  const model::PromptTokens room = f.prompt(14, {}, 2);
  const model::PrefillOutcome a = f.prefill({.prompt = &full});
  const model::PrefillOutcome b = f.prefill({.prompt = &room});
  CHECK(f.runner().decode({}).empty());
  const std::vector<model::DecodeItem> items{{.sequence = a.sequence.get(), .token = 1},
                                             {.sequence = b.sequence.get(), .token = 2}};
  std::vector<model::DecodeOutcome> out = f.runner().decode(items);
  REQUIRE(out[0].error.has_value());
  CHECK(out[0].error->kind() == ErrorKind::kEnvironment);
  CHECK_FALSE(out[1].error.has_value());
  CHECK(a.sequence->tokens() == 16);
  CHECK(b.sequence->tokens() == 15);
  const model::DecodeOutcome bad = f.decode(*b.sequence, 90);
  REQUIRE(bad.error.has_value());
  CHECK(std::string(bad.error->what()) == "token 90 is not in the vocabulary of 90");
  CHECK(b.sequence->tokens() == 15);
  CHECK(f.decode(*b.sequence, 3).logits.size() == 90);
}
