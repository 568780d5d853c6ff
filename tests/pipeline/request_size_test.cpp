// SPDX-License-Identifier: Apache-2.0
#include "pipeline/request_size.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "core/error.h"
#include "model/prompt_layout.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

const model::Geometry kGeometry = model::geometry_named("2b");

std::string refusal(const AsyncMultimodalRequest& request) {
  try {
    (void)measure(request, kGeometry);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kInput);
    return error.what();
  }
  return "taken";
}

}  // namespace

TEST_CASE("a request's tokens and memory follow from its parts and the geometry") {
  AsyncMultimodalRequest request;
  request.parts = {TokensPart{{1, 2, 3}}, ImageContentPart{.size = {512, 512}}, TextPart{"two words"},
                   TextContentPart{.content = {1, 1}, .tokens = 45}};
  request.max_new_tokens = 10;
  const RequestSize size = measure(request, kGeometry);
  CHECK(size.text_tokens == 3 + 2 + 45);
  CHECK(size.visual_tokens == 256);
  CHECK(size.images == 1);
  CHECK(size.new_tokens == 10);
  CHECK(size.prompt_tokens() == 306);
  // 114,688 bytes of K/V a token; 16,384 a visual token; 6,144 a patch, four to a visual token.
  CHECK(size.memory.value == 114688 * (306 + 10) + 16384 * 256 + 6144 * 1024);
}

TEST_CASE("requests that make no sense are refused in a line that names them") {
  AsyncMultimodalRequest request;
  request.id = 31;
  CHECK(refusal(request) == "request 31: an empty prompt; at least one token");
  request.parts = {TextPart{""}};
  CHECK(refusal(request) == "request 31: an empty prompt; at least one token");
  request.parts = {TextContentPart{.content = {}, .tokens = 10'000'000}};
  CHECK(refusal(request) == "request 31: a prompt of 10000000 tokens, at most 4194304");
  request.parts = {TextContentPart{.content = {}, .tokens = std::numeric_limits<std::uint64_t>::max()},
                   TokensPart{{1}}};
  CHECK(refusal(request).find("at most") != std::string::npos);
  request.parts = {TextContentPart{.content = {}, .tokens = model::kMaxPromptTokens}};
  CHECK(refusal(request) == "taken");
  request.parts.emplace_back(TokensPart{{1}});
  CHECK(refusal(request) == "request 31: a prompt of 4194305 tokens, at most 4194304");
  request.parts = {ImageContentPart{.size = {10'000, 10}}};
  CHECK(refusal(request).starts_with("request 31: "));
  request.parts = {PicturePart{}};
  CHECK(refusal(request) == "request 31: image: no picture");
}

TEST_CASE("options out of range are refused") {
  AsyncMultimodalRequest request;
  request.parts = {TokensPart{{1}}};
  request.sampling.temperature = -1;
  CHECK(refusal(request) == "request 0: a temperature of -1; 0 or more");
  request.sampling.temperature = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal(request).find("temperature") != std::string::npos);
  request.sampling = {.top_p = 0};
  CHECK(refusal(request) == "request 0: top_p of 0; above 0 and at most 1");
  request.sampling = {.top_p = std::numeric_limits<double>::quiet_NaN()};
  CHECK(refusal(request).find("top_p") != std::string::npos);
  request.sampling = {};
  request.max_new_tokens = 10'000'000;
  CHECK(refusal(request) == "request 0: asks for 10000000 new tokens, at most 4194304");
  request.max_new_tokens = 0;
  CHECK(refusal(request) == "taken");
}
