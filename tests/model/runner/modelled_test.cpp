// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/registry.h"
#include "model/model_runner.h"

using namespace cachebench;
using namespace cachebench::model;

namespace {

std::unique_ptr<ModelRunner> make_runner(RunnerOptions options = {}) {
  return Registry<RunnerDescriptor>::instance().at("modelled", "runner").make(options);
}

Pixels pixels_of(ModelRunner& runner, std::uint32_t width, std::uint32_t height, int shade) {
  const std::vector<std::byte> rgb(std::size_t{3} * width * height, static_cast<std::byte>(shade));
  return runner.preprocess({.width = width, .height = height, .rgb = rgb});
}

// Text, an image, text, another image, text.
struct Example {
  explicit Example(ModelRunner& runner) {
    const Pixels images[] = {pixels_of(runner, 64, 96, 40), pixels_of(runner, 80, 64, 90)};
    for (const EncodeOutcome& outcome : runner.encode(images)) vision.push_back(outcome.output);
    prompt.ids = {1, 2, 3};
    for (std::size_t i = 0; i < 2; ++i) {
      prompt.grids.push_back(images[i].grid);
      prompt.ids.insert(prompt.ids.end(), static_cast<std::size_t>(images[i].grid.patches() / 4),
                        runner.image_token());
      prompt.ids.insert(prompt.ids.end(), {4, 5, static_cast<std::int64_t>(6 + i)});
    }
  }
  PromptTokens prompt;
  std::vector<SharedTensor> vision;
};

PrefillOutcome run_one(ModelRunner& runner, const PrefillItem& item) {
  std::vector<PrefillOutcome> outcomes = runner.prefill(std::span(&item, 1));
  REQUIRE(outcomes.size() == 1);
  return std::move(outcomes.front());
}

std::vector<float> next_logits(ModelRunner& runner, PrefillOutcome& outcome) {
  const DecodeItem item{.sequence = outcome.sequence.get(), .token = 9};
  const auto decoded = runner.decode(std::span(&item, 1));
  REQUIRE_FALSE(decoded.front().error.has_value());
  return decoded.front().logits;
}

SharedTensor changed(const SharedTensor& tensor, std::size_t at) {
  const auto data = tensor.view().data;
  std::vector<std::byte> bytes(data.begin(), data.end());
  bytes.at(at) ^= std::byte{1};
  return {tensor.meta(), std::move(bytes)};
}

}  // namespace

TEST_CASE("a prompt gives the same logits from whichever artefacts it goes on") {
  const auto runner = make_runner();
  const Example example(*runner);
  PrefillItem item{.prompt = &example.prompt, .ready = {}, .wanted = {.pair = true, .fusion = true}};
  item.ready.vision = example.vision;
  PrefillOutcome whole = run_one(*runner, item);
  REQUIRE_FALSE(whole.error.has_value());
  const std::uint64_t tokens = example.prompt.ids.size();
  CHECK(whole.pair.meta() == runner->geometry().pair(tokens, tokens - 9));
  const SharedTensor first = whole.sequence->kv_block({0, 4});
  const SharedTensor second = whole.sequence->kv_block({4, 16});
  const SharedTensor all = whole.sequence->kv_block({0, tokens});
  const std::vector<float> next = next_logits(*runner, whole);

  const auto same = [&](const ReadyArtefacts& ready) {
    PrefillOutcome outcome = run_one(*runner, {.prompt = &example.prompt, .ready = ready, .wanted = {}});
    REQUIRE_FALSE(outcome.error.has_value());
    CHECK(outcome.logits == whole.logits);
    CHECK(next_logits(*runner, outcome) == next);
  };
  same({.kv_blocks = {first}, .language = {}, .fusion = {}, .pair = {}, .vision = example.vision});
  same({.kv_blocks = {first, second}, .language = {}, .fusion = {}, .pair = whole.pair, .vision = {}});
  same({.kv_blocks = {all}, .language = {}, .fusion = {}, .pair = {}, .vision = {}});
  same({.kv_blocks = {}, .language = {}, .fusion = {}, .pair = whole.pair, .vision = {}});
  same({.kv_blocks = {}, .language = {}, .fusion = whole.fusion, .pair = whole.pair, .vision = {}});
}

TEST_CASE("wrong reuse shows in the logits") {
  const auto runner = make_runner();
  const Example example(*runner);
  PrefillItem item{.prompt = &example.prompt, .ready = {}, .wanted = {.pair = true, .fusion = true}};
  item.ready.vision = example.vision;
  const PrefillOutcome whole = run_one(*runner, item);
  const SharedTensor block = whole.sequence->kv_block({0, 8});
  const auto differs = [&](const ReadyArtefacts& ready) {
    const PrefillOutcome outcome =
        run_one(*runner, {.prompt = &example.prompt, .ready = ready, .wanted = {}});
    REQUIRE_FALSE(outcome.error.has_value());
    CHECK(outcome.logits != whole.logits);
  };
  ReadyArtefacts ready;
  ready.vision = {changed(example.vision[0], 700), example.vision[1]};
  differs(ready);
  ready.vision = example.vision;
  ready.kv_blocks = {changed(block, 3)};
  differs(ready);
  ready.kv_blocks = {whole.sequence->kv_block({1, 9})};  // of other tokens
  differs(ready);
  ready = {};
  ready.pair = changed(whole.pair, whole.pair.bytes().value - 1);
  differs(ready);
  ready = {};
  ready.fusion = changed(whole.fusion, 0);
  differs(ready);
}

TEST_CASE("text goes on from its language states, and pays for keys and values when they are asked for") {
  std::uint64_t flops = 0;
  RunnerOptions options;
  options.spend = [&](const Work& work) { flops += work.flops; };
  const auto runner = make_runner(options);
  const PromptTokens prompt{.ids = {7, 8, 9, 10}, .grids = {}};
  PrefillOutcome whole = run_one(*runner, {.prompt = &prompt, .ready = {}, .wanted = {.language = true}});
  const Geometry& geometry = runner->geometry();
  CHECK(flops == geometry.prefill_flops(4, 0));
  REQUIRE(whole.language);
  flops = 0;
  ReadyArtefacts ready;
  ready.language = whole.language;
  PrefillOutcome reused = run_one(*runner, {.prompt = &prompt, .ready = ready, .wanted = {}});
  CHECK(reused.logits == whole.logits);
  CHECK(flops == geometry.logits_flops());
  flops = 0;
  CHECK(next_logits(*runner, reused) == next_logits(*runner, whole));
  CHECK(flops == geometry.layers_flops(4, 0) + 2 * geometry.decode_flops(4));
}

TEST_CASE("keys and values that were jumped over need the images' inputs") {
  const auto runner = make_runner();
  const Example example(*runner);
  PrefillItem item{.prompt = &example.prompt, .ready = {}, .wanted = {.fusion = true}};
  item.ready.vision = example.vision;
  const PrefillOutcome whole = run_one(*runner, item);
  ReadyArtefacts ready;
  ready.fusion = whole.fusion;
  const PrefillOutcome jumped = run_one(*runner, {.prompt = &example.prompt, .ready = ready, .wanted = {}});
  CHECK(jumped.logits == whole.logits);
  CHECK_THROWS_AS(static_cast<void>(jumped.sequence->kv_block({0, 4})), Error);
  const DecodeItem decode{.sequence = jumped.sequence.get(), .token = 1};
  CHECK(runner->decode(std::span(&decode, 1)).front().error.has_value());
}

TEST_CASE("a bad item of a batch fails alone") {
  const auto runner = make_runner();
  const Example example(*runner);
  const PromptTokens bad[] = {{.ids = {}, .grids = {}}, {.ids = {1, 100'000}, .grids = {}}};
  const PromptTokens good{.ids = {1, 2}, .grids = {}};
  std::vector<PrefillItem> items(4);
  items[0].prompt = &bad[0];
  items[1].prompt = &good;
  items[2].prompt = &bad[1];
  items[3].prompt = &example.prompt;  // its images are missing
  const auto outcomes = runner->prefill(items);
  CHECK(outcomes[0].error.has_value());
  CHECK(outcomes[2].error.has_value());
  CHECK(outcomes[3].error.has_value());
  REQUIRE(outcomes[1].sequence);
  CHECK(outcomes[1].logits == run_one(*runner, items[1]).logits);

  Pixels images[] = {pixels_of(*runner, 64, 64, 1), pixels_of(*runner, 64, 64, 1)};
  images[0].grid.rows += 2;
  const auto encoded = runner->encode(images);
  CHECK(encoded[0].error.has_value());
  CHECK(encoded[1].output.meta() == runner->geometry().vision_output(4));
  CHECK_THROWS_AS(static_cast<void>(pixels_of(*runner, 3000, 2, 1)), Error);
}

TEST_CASE("keys and values have the room that was asked for") {
  RunnerOptions options;
  options.kv_tokens = 6;
  const auto runner = make_runner(options);
  const PromptTokens prompt{.ids = {1, 2, 3, 4}, .grids = {}};
  const PrefillItem item{.prompt = &prompt, .ready = {}, .wanted = {}};
  PrefillOutcome first = run_one(*runner, item);
  REQUIRE(first.sequence);
  CHECK(run_one(*runner, item).error.has_value());
  first.sequence.reset();
  PrefillOutcome again = run_one(*runner, item);
  REQUIRE(again.sequence);
  static_cast<void>(next_logits(*runner, again));
  static_cast<void>(next_logits(*runner, again));
  const DecodeItem decode{.sequence = again.sequence.get(), .token = 1};
  CHECK(runner->decode(std::span(&decode, 1)).front().error.has_value());
  const PromptTokens huge{.ids = std::vector<std::int64_t>(10'000'000, 1), .grids = {}};
  CHECK(run_one(*runner, {.prompt = &huge, .ready = {}, .wanted = {}}).error.has_value());
}

TEST_CASE("a pass over prompts of different lengths costs its rectangle, and reads the weights once") {
  Work spent;
  RunnerOptions options;
  options.spend = [&](const Work& work) {
    spent.flops += work.flops;
    spent.bytes_moved += work.bytes_moved;
  };
  const auto runner = make_runner(options);
  const Geometry& geometry = runner->geometry();
  const PromptTokens lengths[] = {{.ids = {1}, .grids = {}}, {.ids = {1, 2, 3, 4, 5, 6, 7, 8}, .grids = {}}};
  std::vector<PrefillItem> items(2);
  for (std::size_t i = 0; i < 2; ++i) items[i].prompt = &lengths[i];
  static_cast<void>(runner->prefill(items));
  CHECK(spent.flops == 2 * geometry.prefill_flops(8, 0));
  CHECK(spent.bytes_moved == geometry.decode_bytes(0).value);
}

TEST_CASE("threads may share a runner") {
  const auto runner = make_runner();
  const Example example(*runner);
  PrefillItem item{.prompt = &example.prompt, .ready = {}, .wanted = {}};
  item.ready.vision = example.vision;
  const std::vector<float> expected = run_one(*runner, item).logits;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const auto outcomes = runner->prefill(std::span(&item, 1));
        if (outcomes.front().logits != expected) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("options that make no sense are refused") {
  RunnerOptions options;
  options.dtype = "float8";
  CHECK_THROWS_AS(static_cast<void>(make_runner(options)), Error);
  options = {};
  options.preset = "huge";
  CHECK_THROWS_AS(static_cast<void>(make_runner(options)), Error);
  options = {};
  options.dtype = "float32";
  CHECK(make_runner(options)->geometry().dtype() == DType::kF32);
}
