// SPDX-License-Identifier: Apache-2.0
#include "model/modelled_prompt.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::model;

namespace {

constexpr std::int64_t kImageToken = 500;

}  // namespace

TEST_CASE("keys and values give the states back, token by token") {
  const Geometry geometry = geometry_named("tiny");
  ModelledMemory memory(3);
  for (std::uint64_t i = 0; i < 20; ++i) memory.add_token(i * i);
  const ModelledKvRows rows(geometry, 5);
  const SharedTensor block = rows.make(memory, 10);
  REQUIRE(block.meta() == geometry.kv(5));
  for (std::uint64_t i = 0; i < 5; ++i) CHECK(rows.state(block.view().data, i) == memory.state(10 + i));
}

TEST_CASE("rows of different tokens side by side are no token's keys and values") {
  const Geometry geometry = geometry_named("tiny");
  ModelledMemory memory(3);
  memory.add_token(1);
  memory.add_token(2);
  const ModelledKvRows rows(geometry, 1);
  const SharedTensor first = rows.make(memory, 0);
  const SharedTensor second = rows.make(memory, 1);
  std::vector<std::byte> mixed(first.view().data.begin(), first.view().data.end());
  std::copy(second.view().data.end() - 64, second.view().data.end(), mixed.end() - 64);
  CHECK(rows.state(mixed, 0) != memory.state(0));
}

TEST_CASE("a state depends on everything before it, and on its order") {
  ModelledMemory a(1);
  ModelledMemory b(1);
  for (const std::uint64_t input : {1U, 2U, 3U}) a.add_token(input);
  for (const std::uint64_t input : {2U, 1U, 3U}) b.add_token(input);
  CHECK(a.state(2) != b.state(2));
  CHECK(a.all() != b.all());
  ModelledMemory c(1);
  for (std::uint64_t i = 0; i < 3; ++i) c.add_state(a.state(i));
  CHECK(c.all() == a.all());
}

TEST_CASE("prompts and artefacts that do not fit together are refused") {
  const Geometry geometry = geometry_named("tiny");
  PromptTokens prompt{.ids = {1, kImageToken, kImageToken, 2},
                      .grids = {{.frames = 1, .rows = 2, .columns = 4}}};
  PrefillItem item{.prompt = &prompt, .ready = {}, .wanted = {}};
  CHECK(ModelledInputs(geometry, kImageToken, item).visual_tokens() == 2);
  CHECK_FALSE(ModelledInputs(geometry, kImageToken, item).complete_from(0));
  CHECK(ModelledInputs(geometry, kImageToken, item).complete_from(3));

  item.ready.vision = {SharedTensor(geometry.vision_output(3),
                                    std::vector<std::byte>(geometry.vision_output(3).bytes().value))};
  CHECK_THROWS_WITH_AS(ModelledInputs(geometry, kImageToken, item),
                       "the ready vision output has another shape than the prompt's", Error);
  item.ready.vision.clear();
  prompt.ids = {1, kImageToken, 2};
  CHECK_THROWS_WITH_AS(ModelledInputs(geometry, kImageToken, item),
                       "1 image tokens in the prompt, 2 in its 1 images", Error);
  prompt.ids = {1, 512};
  CHECK_THROWS_AS(ModelledInputs(geometry, kImageToken, item), Error);
  prompt.ids = {-1};
  CHECK_THROWS_AS(ModelledInputs(geometry, kImageToken, item), Error);
}
