// SPDX-License-Identifier: Apache-2.0
#include "pipeline/resume_answer.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "core/registry.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

std::unique_ptr<model::ModelRunner> modelled(std::uint64_t kv_tokens) {
  return Registry<model::RunnerDescriptor>::instance()
      .at("modelled", "runner")
      .make({.kv_tokens = kv_tokens});
}

}  // namespace

TEST_CASE("an answer becomes part of the prompt up to an image token") {
  std::vector<std::int64_t> ids{1, 2, 3, 99};
  const std::vector<std::int64_t> answer{7, 8, 5, 9};
  CHECK(append_answer(ids, 3, answer, 6).empty());
  CHECK(ids == std::vector<std::int64_t>{1, 2, 3, 7, 8, 5, 9});
  CHECK(append_answer(ids, 3, answer, 5) == std::vector<std::int64_t>{5, 9});
  CHECK(ids == std::vector<std::int64_t>{1, 2, 3, 7, 8});
}

TEST_CASE("blocks beyond the prompt are let go of") {
  const model::Geometry geometry = model::geometry_named("tiny");
  const SharedTensor block(geometry.kv(4), std::vector<std::byte>(geometry.kv(4).bytes().value));
  for (const auto& [tokens, kept] :
       std::vector<std::pair<std::uint64_t, std::size_t>>{{3, 0}, {4, 1}, {11, 2}, {12, 3}}) {
    std::vector<SharedTensor> blocks{block, block, block};
    trim_blocks(blocks, tokens);
    CHECK(blocks.size() == kept);
  }
}

TEST_CASE("decoding again ends where decoding ended, and says when there is no room") {
  const auto runner = modelled(8);
  const model::PromptTokens prompt{.ids = {1, 2, 3, 4}, .grids = {}};
  const model::PrefillItem item{.prompt = &prompt};
  model::PrefillOutcome outcome = std::move(runner->prefill({&item, 1}).at(0));
  const std::vector<std::int64_t> tokens{runner->image_token(), 7, 8};
  decode_again(*runner, tokens, outcome);
  REQUIRE_FALSE(outcome.error.has_value());
  CHECK(outcome.sequence->tokens() == 7);
  const std::vector<float> expected = outcome.logits;
  outcome = {};
  outcome = std::move(runner->prefill({&item, 1}).at(0));
  decode_again(*runner, tokens, outcome);
  CHECK(outcome.logits == expected);
  decode_again(*runner, tokens, outcome);  // two more than fit
  REQUIRE(outcome.error.has_value());
  CHECK(outcome.error->kind() == ErrorKind::kEnvironment);
  CHECK(outcome.sequence == nullptr);
}
