// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "core/error.h"
#include "image/scene.h"
#include "torch_model/runner_fixture.h"

using namespace cachebench;
using cachebench::torch_model::testing::make_runner;

namespace {

model::Picture picture_of(const image::Image& image) {
  return {.width = image.width(), .height = image.height(), .rgb = std::as_bytes(image.bytes())};
}

}  // namespace

TEST_CASE("a picture goes through preprocessing, tower, prefill and decoding") {
  const auto runner = make_runner({});
  const image::Image scene = image::draw_scene({.seed = 1, .size = {200, 120}});
  const model::Pixels pixels = runner->preprocess(picture_of(scene));
  const model::ImageGrid grid = runner->geometry().grid_of(200, 120);
  CHECK(static_cast<std::uint64_t>(pixels.grid.patches()) == grid.patches);
  const SharedTensor vision = runner->encode({&pixels, 1}).front().output;
  model::PromptTokens prompt{.ids = {1, 2}, .grids = {pixels.grid}};
  prompt.ids.insert(prompt.ids.end(), grid.visual_tokens, runner->image_token());
  prompt.ids.push_back(3);
  const model::PrefillItem item{.prompt = &prompt, .ready = {.vision = {vision}}};
  const model::PrefillOutcome out = std::move(runner->prefill({&item, 1}).front());
  CHECK(out.sequence->tokens() == prompt.ids.size());
  const model::DecodeItem next{.sequence = out.sequence.get(), .token = 5};
  CHECK(runner->decode({&next, 1}).front().logits.size() == runner->geometry().text().vocabulary);
}

TEST_CASE("what is no picture is refused") {
  const auto runner = make_runner({});
  CHECK_THROWS_WITH_AS(static_cast<void>(runner->preprocess({.width = 3, .height = 2, .rgb = {}})),
                       "0 bytes for a picture of 3 × 2 pixels", Error);
  const image::Image sliver({1000, 2});
  CHECK_THROWS_AS(static_cast<void>(runner->preprocess(picture_of(sliver))), Error);
}

TEST_CASE("several threads get what one gets") {
  const auto runner = make_runner({});
  const model::PromptTokens prompt{.ids = {1, 2, 3, 4, 5, 6, 7}, .grids = {}};
  const model::PrefillItem item{.prompt = &prompt};
  const auto answer = [&] {
    model::PrefillOutcome out = std::move(runner->prefill({&item, 1}).front());
    const model::DecodeItem next{.sequence = out.sequence.get(), .token = 9};
    std::vector<float> all = runner->decode({&next, 1}).front().logits;
    all.insert(all.end(), out.logits.begin(), out.logits.end());
    return all;
  };
  const std::vector<float> expected = answer();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5; ++round) wrong += answer() == expected ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

// CI runs this under a leak checker; room for one request shows pages that do not come back.
TEST_CASE("a hundred requests leave nothing behind") {
  const image::Image scene = image::draw_scene({.seed = 2, .size = {96, 64}});
  const auto runner = make_runner({.kv_tokens = 48});
  std::vector<float> first;
  for (int i = 0; i < 100; ++i) {
    const model::Pixels pixels = runner->preprocess(picture_of(scene));
    const SharedTensor vision = runner->encode({&pixels, 1}).front().output;
    model::PromptTokens prompt{.ids = {1}, .grids = {pixels.grid}};
    prompt.ids.insert(prompt.ids.end(), static_cast<std::size_t>(pixels.grid.patches() / 4),
                      runner->image_token());
    prompt.ids.push_back(2);
    const model::PrefillItem item{.prompt = &prompt, .ready = {.vision = {vision}}};
    const model::PrefillOutcome out = std::move(runner->prefill({&item, 1}).front());
    REQUIRE(out.sequence != nullptr);
    std::vector<float> logits;
    for (std::int64_t token = 0; token < 3; ++token) {
      const model::DecodeItem next{.sequence = out.sequence.get(), .token = token};
      logits = runner->decode({&next, 1}).front().logits;
    }
    if (first.empty()) first = logits;
    CHECK(logits == first);
  }
}
