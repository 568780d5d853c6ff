// SPDX-License-Identifier: Apache-2.0
#include "pipeline/prompt.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

const TokenSpace kSpace{.vocabulary = 100, .image_token = 5, .end_token = 6};

std::string refusal(const AsyncMultimodalRequest& request) {
  try {
    (void)assemble_prompt({.request = &request, .grids = {}, .space = kSpace});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    return error.what();
  }
  return "taken";
}

}  // namespace

TEST_CASE("parts follow one another, with an image token for each visual token") {
  AsyncMultimodalRequest request;
  request.parts = {TokensPart{{1, 2}}, ImageContentPart{}, TextPart{"word"}, ImageContentPart{},
                   TextContentPart{.content = {3, 3}, .tokens = 4}};
  const std::vector<model::PatchGrid> grids{{.rows = 4, .columns = 2}, {.rows = 2, .columns = 6}};
  const Prompt prompt = assemble_prompt({.request = &request, .grids = grids, .space = kSpace});
  std::vector<std::int64_t> expected{1, 2, 5, 5};
  const std::vector<std::int64_t> word = tokenize("word", kSpace);
  expected.insert(expected.end(), word.begin(), word.end());
  expected.insert(expected.end(), {5, 5, 5});
  const std::vector<std::int64_t> content = tokens_of_content({3, 3}, 4, kSpace);
  expected.insert(expected.end(), content.begin(), content.end());
  CHECK(prompt.tokens.ids == expected);
  CHECK(prompt.tokens.grids == grids);
  const std::vector<model::TokenSpan> spans{{0, 2}, {2, 4}, {4, 5}, {5, 8}, {8, 12}};
  CHECK(prompt.parts == spans);
}

TEST_CASE("ids outside the vocabulary and image tokens in a text are refused") {
  AsyncMultimodalRequest request;
  request.id = 8;
  request.parts = {TokensPart{{1, 100}}};
  CHECK(refusal(request) == "request 8: token 1 of a text is 100, the vocabulary has 100");
  request.parts = {TokensPart{{-1}}};
  CHECK(refusal(request) == "request 8: token 0 of a text is -1, the vocabulary has 100");
  request.parts = {TokensPart{{5}}};
  CHECK(refusal(request) == "request 8: token 0 of a text is the image token; give images as parts");
  request.parts = {TokensPart{{99, 6}}};
  CHECK(refusal(request) == "taken");
}

TEST_CASE("prompts of nothing and of too much are refused before memory is asked for") {
  AsyncMultimodalRequest request;
  CHECK(refusal(request) == "request 0: an empty prompt; at least one token");
  request.parts = {TextContentPart{.content = {}, .tokens = std::uint64_t{1} << 60U}};
  CHECK(refusal(request).find("at most 4194304") != std::string::npos);
}
