// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "torch_model/runner_fixture.h"

using namespace cachebench;
using cachebench::torch_model::testing::floats_of;
using cachebench::torch_model::testing::RunnerFixture;

TEST_CASE("any span of keys and values is the same part of the whole") {
  RunnerFixture f;
  const model::PromptTokens prompt = f.prompt(37, {}, 1);
  const model::PrefillOutcome out = f.prefill({.prompt = &prompt});
  const std::vector<float> whole = floats_of(out.sequence->kv_block({0, 37}));
  const model::TextConfig& text = f.runner().geometry().text();
  const std::size_t rows = std::size_t{2} * text.layers * text.kv_heads;
  const std::size_t head = text.head_dim;
  for (const model::TokenSpan span : {model::TokenSpan{0, 1}, {15, 17}, {16, 32}, {5, 37}, {36, 37}}) {
    const std::vector<float> part = floats_of(out.sequence->kv_block(span));
    const std::size_t tokens = span.end - span.begin;
    REQUIRE(part.size() == rows * tokens * head);
    for (std::size_t row = 0; row < rows; ++row) {
      const auto expected = whole.begin() + static_cast<std::ptrdiff_t>((row * 37 + span.begin) * head);
      CHECK(std::equal(expected, expected + static_cast<std::ptrdiff_t>(tokens * head),
                       part.begin() + static_cast<std::ptrdiff_t>(row * tokens * head)));
    }
  }
}

TEST_CASE("pages come back when a sequence goes") {
  RunnerFixture f({.kv_tokens = 48});
  const model::PromptTokens prompt = f.prompt(40, {}, 1);
  for (int i = 0; i < 3; ++i) CHECK(f.prefill({.prompt = &prompt}).sequence != nullptr);
}
