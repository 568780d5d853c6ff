// SPDX-License-Identifier: Apache-2.0
#include "pipeline/request_size.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "model/prompt_layout.h"
#include "pipeline/load_image.h"
#include "pipeline/tokenize.h"

namespace cachebench::pipeline {
namespace {

struct CountText {
  std::uint64_t operator()(const TextPart& part) const { return count_tokens(part.text); }
  std::uint64_t operator()(const TokensPart& part) const { return part.ids.size(); }
  std::uint64_t operator()(const TextContentPart& part) const { return part.tokens; }
  template <typename ImagePart>
  std::uint64_t operator()(const ImagePart&) const {
    return 0;
  }
};

Error refuse(const AsyncMultimodalRequest& request, const std::string& reason) {
  return {ErrorKind::kInput, fmt::format("request {}: {}", request.id, reason)};
}

void check_options(const AsyncMultimodalRequest& request) {
  const SamplingOptions& sampling = request.sampling;
  if (!std::isfinite(sampling.temperature) || sampling.temperature < 0)
    throw refuse(request, fmt::format("a temperature of {}; 0 or more", sampling.temperature));
  if (!(sampling.top_p > 0 && sampling.top_p <= 1))
    throw refuse(request, fmt::format("top_p of {}; above 0 and at most 1", sampling.top_p));
  if (request.max_new_tokens > model::kMaxPromptTokens)
    throw refuse(request, fmt::format("asks for {} new tokens, at most {}", request.max_new_tokens,
                                      model::kMaxPromptTokens));
}

void check_length(const AsyncMultimodalRequest& request, std::uint64_t tokens) {
  if (tokens > model::kMaxPromptTokens)
    throw refuse(request, fmt::format("a prompt of {} tokens, at most {}", tokens, model::kMaxPromptTokens));
}

}  // namespace

RequestSize measure(const AsyncMultimodalRequest& request, const model::Geometry& geometry) {
  check_options(request);
  RequestSize size;
  size.new_tokens = request.max_new_tokens;
  for (const RequestPart& part : request.parts) {
    if (is_image(part)) {
      try {
        const image::Size pixels = expected_size(part);
        const model::ImageGrid grid = geometry.grid_of(pixels.width, pixels.height);
        ++size.images;
        size.visual_tokens += grid.visual_tokens;
        size.memory += geometry.pixel_values(grid.patches).bytes();
        size.memory += geometry.vision_output(grid.visual_tokens).bytes();
      } catch (const Error& error) {
        throw refuse(request, error.what());
      }
    } else {
      const std::uint64_t tokens = std::visit(CountText{}, part);
      check_length(request, tokens);
      size.text_tokens += tokens;
    }
    check_length(request, size.prompt_tokens());
  }
  if (size.prompt_tokens() == 0) throw refuse(request, "an empty prompt; at least one token");
  size.memory += geometry.kv_bytes_per_token() * (size.prompt_tokens() + size.new_tokens);
  return size;
}

}  // namespace cachebench::pipeline
