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

namespace {

// Logits of a picture and a text, and of four answers' tokens in one batch.
std::vector<float> all_logits(model::ModelRunner& runner) {
  const image::Image scene = image::draw_scene({.seed = 3, .size = {96, 64}});
  const model::Pixels pixels = runner.preprocess(picture_of(scene));
  const SharedTensor vision = runner.encode({&pixels, 1}).front().output;
  model::PromptTokens seen{.ids = {1}, .grids = {pixels.grid}};
  const std::int64_t area = std::int64_t{runner.geometry().vision().merge} * runner.geometry().vision().merge;
  seen.ids.insert(seen.ids.end(), static_cast<std::size_t>(pixels.grid.patches() / area),
                  runner.image_token());
  const model::PromptTokens read{.ids = {5, 6, 7}, .grids = {}};
  const model::PrefillItem items[] = {{.prompt = &seen, .ready = {.vision = {vision}}}, {.prompt = &read}};
  std::vector<model::PrefillOutcome> outs = runner.prefill(items);
  std::vector<float> all;
  for (const model::PrefillOutcome& out : outs) {
    REQUIRE(out.sequence != nullptr);
    all.insert(all.end(), out.logits.begin(), out.logits.end());
  }
  for (std::int64_t token = 0; token < 4; ++token) {
    const model::DecodeItem next[] = {{.sequence = outs[0].sequence.get(), .token = token},
                                      {.sequence = outs[1].sequence.get(), .token = token + 1}};
    for (const model::DecodeOutcome& out : runner.decode(next))
      all.insert(all.end(), out.logits.begin(), out.logits.end());
  }
  return all;
}

void check_paging(model::RunnerOptions options) {
  const std::vector<float> expected = all_logits(*make_runner(options));
  options.keep_components = model::ComponentCache::Keep::kNothing;
  const auto nothing_kept = make_runner(options);
  const auto whole = [&] {
    CHECK(all_logits(*nothing_kept) == expected);
    return nothing_kept->components()->loaded;
  }();
  CHECK(nothing_kept->components()->hits == 0);
  options.keep_components = model::ComponentCache::Keep::kWhatFits;
  options.weights_budget = Bytes{std::uint64_t{1} << 40};
  const auto all_kept = make_runner(options);
  CHECK(all_logits(*all_kept) == expected);
  const Bytes all = all_kept->components()->peak;
  CHECK(all_kept->components()->loaded == all);
  CHECK(all < whole);
  options.weights_budget = Bytes{all.value / 2};
  const auto half = make_runner(options);
  CHECK(all_logits(*half) == expected);
  const model::ComponentCacheStats stats = *half->components();
  CHECK(stats.peak <= options.weights_budget);
  CHECK(stats.evictions > 0);
  CHECK(stats.loaded >= all);
  half->reset_components();
  CHECK(half->components()->loads == 0);
}

}  // namespace

TEST_CASE("weights that do not fit come from the SSD, and the answers are the same bit for bit") {
  check_paging({});
  check_paging({.weights = "int8"});
  check_paging({.dtype = "bfloat16"});
}

TEST_CASE("a checkpoint's weights come from its own files when they do not fit") {
  using cachebench::torch_model::testing::RunnerFixture;
  const RunnerFixture fixture;
  check_paging({.checkpoint = fixture.folder()});
  check_paging({.checkpoint = fixture.folder(), .dtype = "float16"});
}

TEST_CASE("a budget that no component fits in is refused, and all is said in one line") {
  CHECK_THROWS_WITH_AS(static_cast<void>(make_runner({.weights_budget = Bytes{1000}})),
                       doctest::Contains("weights_budget: 1000 B is less than 'model."), Error);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(make_runner({.weights_budget = Bytes{1000}, .weights_folder = "/nowhere/at/all"})),
      doctest::Contains("/nowhere/at/all: keeping weights there failed"), Error);
}

TEST_CASE("threads share a budget of a few components") {
  const auto free = make_runner({});
  const std::vector<float> expected = all_logits(*free);
  const auto tight = make_runner({.weights_budget = Bytes{400'000}});
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 2; ++round) wrong += all_logits(*tight) == expected ? 0 : 1;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(tight->components()->peak <= Bytes{400'000});
}

TEST_CASE("runners of other weights have other keys, and one of the same tower shares the tower's") {
  const auto one = make_runner({.seed = 1});
  const auto two = make_runner({.seed = 2});
  CHECK(one->geometry().fingerprint() == make_runner({.seed = 1})->geometry().fingerprint());
  CHECK(one->geometry().fingerprint() != two->geometry().fingerprint());
  CHECK(one->geometry().encoder_fingerprint() != two->geometry().encoder_fingerprint());
  CHECK(one->geometry().fingerprint() != make_runner({.weights = "int8"})->geometry().fingerprint());
}
