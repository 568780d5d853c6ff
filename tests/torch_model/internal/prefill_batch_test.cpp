// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "torch_model/runner_fixture.h"

using namespace cachebench;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::floats_of;
using cachebench::torch_model::testing::RunnerFixture;

namespace {

const std::vector<model::PatchGrid> kGrids{{1, 4, 6}, {1, 2, 8}};

/// A prompt with two images, computed whole, and three tokens after it.
struct Computed {
  Computed() : prompt(f.prompt(5, kGrids, 3)), vision(f.look(kGrids)) {
    whole =
        f.prefill({.prompt = &prompt, .ready = {.vision = vision}, .wanted = {.pair = true, .fusion = true}});
    kept = whole.sequence->kv_block({0, prompt.ids.size()});
    for (const std::int64_t token : kNext) next.push_back(f.decode(*whole.sequence, token).logits);
  }
  /// First token and those after it, as the largest difference.
  double run(const model::ReadyArtefacts& ready) {
    model::PrefillOutcome again = f.prefill({.prompt = &prompt, .ready = ready});
    REQUIRE_MESSAGE(again.sequence != nullptr, again.error->what());
    double worst = difference(again.logits, whole.logits);
    for (std::size_t i = 0; i < next.size(); ++i) {
      worst = std::max(worst, difference(f.decode(*again.sequence, kNext[i]).logits, next[i]));
    }
    return worst;
  }
  static constexpr std::array<std::int64_t, 3> kNext{7, 70, 12};
  RunnerFixture f;
  model::PromptTokens prompt;
  std::vector<SharedTensor> vision;
  model::PrefillOutcome whole;
  SharedTensor kept;
  std::vector<std::vector<float>> next;
};

}  // namespace

TEST_CASE(
    "vision outputs, the pair and the fusion output stand in for what they were made from, bit for bit") {
  Computed c;
  CHECK(c.whole.logits.size() == c.f.runner().geometry().text().vocabulary);
  CHECK(c.run({.vision = c.vision}) == 0);
  CHECK(c.run({.pair = c.whole.pair}) == 0);
  CHECK(c.run({.fusion = c.whole.fusion, .pair = c.whole.pair}) == 0);
  CHECK(c.run({.fusion = c.whole.fusion, .vision = c.vision}) == 0);
  CHECK(floats_of(c.whole.pair).size() == (c.prompt.ids.size() + 2 * 10) * 44);
}

TEST_CASE("leading blocks of keys and values are exact wherever they end, inside an image too") {
  Computed c;
  const std::uint64_t tokens = c.prompt.ids.size();
  for (std::uint64_t cut = 1; cut <= tokens; ++cut) {
    CAPTURE(cut);
    std::vector<SharedTensor> blocks;
    for (std::uint64_t at = 0; at < cut; at += 4) {
      blocks.push_back(c.whole.sequence->kv_block({at, std::min(at + 4, cut)}));
    }
    CHECK(c.run({.kv_blocks = blocks, .vision = c.vision}) < 1e-5);
    CHECK(c.run({.kv_blocks = blocks, .pair = c.whole.pair}) < 1e-5);
    CHECK(c.run({.kv_blocks = blocks, .fusion = c.whole.fusion, .pair = c.whole.pair}) < 1e-5);
  }
}

TEST_CASE("an image that lies in the leading blocks is not asked for") {
  Computed c;
  const SharedTensor first = c.whole.sequence->kv_block({0, 12});  // text, the first image and one token
  CHECK(c.run({.kv_blocks = {first}, .vision = {SharedTensor{}, c.vision[1]}}) < 1e-5);
  const model::PrefillOutcome without =
      c.f.prefill({.prompt = &c.prompt, .ready = {.kv_blocks = {first}, .vision = {c.vision[0]}}});
  REQUIRE(without.error.has_value());
  CHECK(std::string(without.error->what()).find("image 1") != std::string::npos);
  CHECK(c.run({.kv_blocks = {c.kept}}) < 1e-5);  // all but the last token come from it
}

TEST_CASE("text alone: the language output stands in, and later tokens are the same") {
  RunnerFixture f;
  const model::PromptTokens prompt = f.prompt(9, {}, 4);
  model::PrefillOutcome whole = f.prefill({.prompt = &prompt, .wanted = {.fusion = true, .language = true}});
  REQUIRE(whole.language);
  for (const bool language : {true, false}) {
    model::ReadyArtefacts ready;
    (language ? ready.language : ready.fusion) = language ? whole.language : whole.fusion;
    model::PrefillOutcome again = f.prefill({.prompt = &prompt, .ready = ready});
    CHECK(difference(again.logits, whole.logits) < 1e-5);
    CHECK(floats_of(again.sequence->kv_block({0, 9})) == floats_of(whole.sequence->kv_block({0, 9})));
  }
  model::PrefillOutcome again = f.prefill({.prompt = &prompt, .ready = {.language = whole.language}});
  CHECK(f.decode(*again.sequence, 3).logits == f.decode(*whole.sequence, 3).logits);
}

TEST_CASE("a fusion output without the images serves the first token and says what the next one needs") {
  Computed c;
  model::PrefillOutcome first = c.f.prefill({.prompt = &c.prompt, .ready = {.fusion = c.whole.fusion}});
  CHECK(first.logits == c.whole.logits);
  const model::DecodeOutcome next = c.f.decode(*first.sequence, 1);
  REQUIRE(next.error.has_value());
  CHECK(next.error->kind() == ErrorKind::kUsage);
  CHECK(first.sequence->tokens() == c.prompt.ids.size());
  CHECK_THROWS_AS(static_cast<void>(first.sequence->kv_block({0, 2})), Error);
}

TEST_CASE("a prompt's result does not depend on what it is computed with, and a bad one fails alone") {
  Computed c;
  const model::PromptTokens text = c.f.prompt(17, {}, 8);
  const model::PromptTokens other = c.f.prompt(2, {kGrids[1]}, 9);
  const model::PromptTokens bad{.ids = {5, 1000}, .grids = {}};
  const std::vector<SharedTensor> others = c.f.look({kGrids[1]});
  const auto text_alone = c.f.prefill({.prompt = &text});
  const auto other_alone = c.f.prefill({.prompt = &other, .ready = {.vision = others}});
  const std::vector<model::PrefillItem> items{
      {.prompt = &text},
      {.prompt = &c.prompt, .ready = {.vision = c.vision}},
      {.prompt = &bad},
      {.prompt = &other, .ready = {.vision = others}},
      {.prompt = &c.prompt, .ready = {.fusion = c.whole.fusion, .pair = c.whole.pair}},
      {.prompt = &c.prompt, .ready = {.kv_blocks = {c.kept}}},
  };
  const std::vector<model::PrefillOutcome> out = c.f.runner().prefill(items);
  CHECK(difference(out[0].logits, text_alone.logits) < 1e-5);
  CHECK(difference(out[1].logits, c.whole.logits) < 1e-5);
  CHECK(out[2].sequence == nullptr);
  REQUIRE(out[2].error.has_value());
  CHECK(std::string(out[2].error->what()) == "token 1000 is not in the vocabulary of 90");
  CHECK(difference(out[3].logits, other_alone.logits) < 1e-5);
  CHECK(difference(out[4].logits, c.whole.logits) < 1e-5);
  CHECK(difference(out[5].logits, c.whole.logits) < 1e-5);
}

TEST_CASE("prompts that are none are told so in one line") {
  RunnerFixture f({.kv_tokens = 64});
  const auto reason = [&](model::PromptTokens prompt,
                          const model::ReadyArtefacts& ready = {}) -> std::string {
    const model::PrefillOutcome outcome = f.prefill({.prompt = &prompt, .ready = ready});
    return outcome.error ? outcome.error->what() : "";
  };
  CHECK(reason({}) == "a prompt of no tokens");
  CHECK(reason({.ids = std::vector<std::int64_t>(10'000'000, 1), .grids = {}}) ==
        "a prompt of 10000000 tokens; the model has room for 64");
  CHECK(reason({.ids = {-1}, .grids = {}}).find("token -1") == 0);
  CHECK(reason({.ids = {1, f.runner().image_token()}, .grids = {}}).find("token 1 belongs to an image") == 0);
  CHECK(reason({.ids = {1}, .grids = {{1, 3, 4}}}).find("a grid of 1 frames of 3 × 4") == 0);
  CHECK(reason({.ids = {1}, .grids = {{std::int64_t{1} << 62, 2, 2}}}).find("a grid of") == 0);
  const SharedTensor wrong({.shape = {2, 4, 2, 3, 5}, .dtype = DType::kF32}, std::vector<std::byte>(960));
  CHECK(reason({.ids = {1, 2}, .grids = {}}, {.kv_blocks = {wrong}}) ==
        "kv_block 0 is f32 [2, 4, 2, 3, 5], expected f32 [2, 4, 2, 3, 24]");
}

TEST_CASE("when the room for keys and values is used up, what fits goes on") {
  RunnerFixture f({.kv_tokens = 32});
  const model::PromptTokens prompt = f.prompt(20, {}, 4);
  const model::PromptTokens small = f.prompt(10, {}, 5);
  const std::vector<model::PrefillItem> items{{.prompt = &prompt}, {.prompt = &small}};
  std::vector<model::PrefillOutcome> out = f.runner().prefill(items);
  CHECK(out[0].sequence != nullptr);
  REQUIRE(out[1].error.has_value());
  CHECK(out[1].error->kind() == ErrorKind::kEnvironment);
  out.clear();
  CHECK(f.prefill(items[1]).sequence != nullptr);
}
