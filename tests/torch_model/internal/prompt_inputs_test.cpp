// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/prompt_inputs.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "torch_model/tiny_model.h"

using namespace cachebench;
using namespace cachebench::torch_model;
using cachebench::torch_model::testing::random_tensor;
using cachebench::torch_model::testing::tiny_config;
using cachebench::torch_model::testing::tiny_weights;

namespace {

struct Fixture {
  model::CheckpointConfig config = tiny_config();
  TextDecoder decoder{tiny_weights(), config, at::kFloat};
  std::int64_t image = config.image_token;
  PlacedPrompt placed =
      place({.tokens = {1, image, 2, image, image, 3}, .grids = {{1, 2, 2}, {1, 2, 4}}}, config);
  std::vector<at::Tensor> vision{random_tensor({1, 4 * 56}, 1), random_tensor({2, 4 * 56}, 2)};
};

}  // namespace

TEST_CASE("a prompt is placed") {
  const Fixture f;
  CHECK(f.placed.image_rows == std::vector<std::int64_t>{1, 3, 4});
  CHECK(f.placed.first_row == std::vector<std::int64_t>{0, 1, 3});
  CHECK((f.placed.positions.sizes() == at::IntArrayRef{3, 6}));
  CHECK_THROWS_AS(static_cast<void>(place({.tokens = {}, .grids = {}}, f.config)), Error);
  CHECK_THROWS_AS(static_cast<void>(place({.tokens = {1}, .grids = {{1, 2, 2}}}, f.config)), Error);
  CHECK_THROWS_AS(check_grid({1, 2, 3}, 2), Error);
  CHECK_THROWS_AS(check_grid({0, 2, 2}, 2), Error);
}

TEST_CASE("inputs from any token on are those of the whole prompt, made of parts or of the pair") {
  const Fixture f;
  const PromptInputs whole = assemble(f.placed, 0, f.decoder, f.vision);
  CHECK(at::equal(whole.hidden[1], f.vision[0][0].narrow(0, 0, 56)));
  CHECK(at::equal(whole.hidden[4], f.vision[1][1].narrow(0, 0, 56)));
  REQUIRE(whole.deepstack.size() == 3);
  CHECK(at::equal(whole.deepstack[2][2], f.vision[1][1].narrow(0, 168, 56)));
  const at::Tensor pair = to_pair(whole);
  CHECK((pair.sizes() == at::IntArrayRef{6 + 3 * 3, 56}));
  for (std::int64_t from = 0; from < 6; ++from) {
    CAPTURE(from);
    for (const PromptInputs& part :
         {assemble(f.placed, from, f.decoder, f.vision), from_pair(f.placed, from, pair, 3)}) {
      CHECK(at::equal(part.hidden, whole.hidden.narrow(0, from, 6 - from)));
      CHECK(at::equal(part.positions, whole.positions.narrow(1, from, 6 - from)));
      const auto rows = static_cast<std::int64_t>(part.image_rows.size());
      for (std::size_t tap = 0; tap < part.deepstack.size(); ++tap) {
        CHECK(at::equal(part.deepstack[tap], whole.deepstack[tap].narrow(0, 3 - rows, rows)));
      }
      CHECK(part.deepstack.size() == (rows == 0 ? 0U : 3U));
    }
  }
}

TEST_CASE("prompts with and without images are joined row after row") {
  const Fixture f;
  const PlacedPrompt text = place({.tokens = {7, 8}, .grids = {}}, f.config);
  const std::vector<PromptInputs> both{assemble(text, 0, f.decoder, {}),
                                       assemble(f.placed, 2, f.decoder, f.vision)};
  const JoinedInputs joined = join(both);
  CHECK((joined.input.hidden.sizes() == at::IntArrayRef{6, 56}));
  CHECK(at::equal(joined.input.image_rows, at::tensor(std::vector<std::int64_t>{3, 4}, at::kLong)));
  CHECK(at::equal(joined.input.positions, at::cat({both[0].positions, both[1].positions}, 1)));
  REQUIRE(joined.input.deepstack.size() == 3);
  CHECK(at::equal(joined.input.deepstack[1], both[1].deepstack[1]));
}
