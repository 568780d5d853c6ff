// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/qwen3_vl.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "torch_model/tiny_model.h"

using namespace cachebench;
using namespace cachebench::torch_model;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::random_tensor;
using cachebench::torch_model::testing::tiny_config;
using cachebench::torch_model::testing::tiny_weights;

namespace {

struct Fixture {
  model::CheckpointConfig config = tiny_config();
  Qwen3VL model{tiny_weights(), config};
  KvPool pool{config.text, at::kFloat, {.pages = 64, .page_tokens = 4}};
};

}  // namespace

TEST_CASE("decoding token by token gives the logits of the whole prompt, images before it included") {
  Fixture f;
  const std::int64_t image = f.config.image_token;
  const Prompt prompt{.tokens = {1, 2, image, image, image, image, image, image, 3, 4, 5},
                      .grids = {{1, 4, 6}}};
  const VisionOutput vision = f.model.encode_images(random_tensor({24, 1536}, 8), prompt.grids, {});
  KvSequence whole(f.pool);
  const at::Tensor expected = f.model.logits(f.model.prefill(prompt, vision, whole, {}));
  const Prompt head{.tokens = {prompt.tokens.begin(), prompt.tokens.end() - 3}, .grids = prompt.grids};
  KvSequence sequence(f.pool);
  static_cast<void>(f.model.prefill(head, vision, sequence, {}));
  const std::int64_t delta = f.model.positions_of(head).delta;
  for (std::int64_t i = 8; i < 11; ++i) {
    const at::Tensor hidden = f.model.decode(prompt.tokens[static_cast<std::size_t>(i)], delta, sequence);
    CHECK(difference(f.model.logits(hidden)[0], expected[i]) < 1e-5);
  }
}

TEST_CASE("prompts and images that do not go together are refused") {
  Fixture f;
  KvSequence sequence(f.pool);
  const Prompt outside{.tokens = {static_cast<std::int64_t>(f.config.text.vocabulary)}, .grids = {}};
  CHECK_THROWS_AS(static_cast<void>(f.model.prefill(outside, {}, sequence, {})), Error);
  const Prompt lone{.tokens = {f.config.image_token}, .grids = {}};
  CHECK_THROWS_AS(static_cast<void>(f.model.prefill(lone, {}, sequence, {})), Error);
}
