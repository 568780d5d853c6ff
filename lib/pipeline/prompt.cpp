// SPDX-License-Identifier: Apache-2.0
#include "pipeline/prompt.h"

#include <fmt/format.h>

#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "model/prompt_layout.h"
#include "pipeline/load_image.h"

namespace cachebench::pipeline {
namespace {

Error refuse(const PromptInputs& inputs, const std::string& reason) {
  return {ErrorKind::kInput, fmt::format("request {}: {}", inputs.request->id, reason)};
}

// Before memory is asked for.
void check_length(const PromptInputs& inputs, std::uint64_t tokens) {
  if (tokens > model::kMaxPromptTokens)
    throw refuse(inputs, fmt::format("a prompt of {} tokens, at most {}", tokens, model::kMaxPromptTokens));
}

void check_ids(const PromptInputs& inputs, const std::vector<std::int64_t>& ids) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || std::cmp_greater_equal(ids[i], inputs.space.vocabulary))
      throw refuse(inputs, fmt::format("token {} of a text is {}, the vocabulary has {}", i, ids[i],
                                       inputs.space.vocabulary));
    if (ids[i] == inputs.space.image_token)
      throw refuse(inputs, fmt::format("token {} of a text is the image token; give images as parts", i));
  }
}

struct TextIds {
  const PromptInputs& inputs;
  std::vector<std::int64_t> operator()(const TextPart& part) const {
    return tokenize(part.text, inputs.space);
  }
  std::vector<std::int64_t> operator()(const TokensPart& part) const {
    check_ids(inputs, part.ids);
    return part.ids;
  }
  std::vector<std::int64_t> operator()(const TextContentPart& part) const {
    check_length(inputs, part.tokens);
    return tokens_of_content(part.content, part.tokens, inputs.space);
  }
  template <typename ImagePart>
  std::vector<std::int64_t> operator()(const ImagePart&) const {
    return {};
  }
};

}  // namespace

Prompt assemble_prompt(const PromptInputs& inputs) {
  Prompt prompt;
  prompt.tokens.grids.assign(inputs.grids.begin(), inputs.grids.end());
  std::vector<std::int64_t>& ids = prompt.tokens.ids;
  std::size_t images = 0;
  for (const RequestPart& part : inputs.request->parts) {
    const std::uint64_t begin = ids.size();
    if (is_image(part)) {
      CACHEBENCH_CHECK(images < inputs.grids.size(), "{} grids for more images", inputs.grids.size());
      const auto patches = static_cast<std::uint64_t>(inputs.grids[images++].patches());
      const std::uint64_t tokens = patches / (std::uint64_t{inputs.merge} * inputs.merge);
      check_length(inputs, begin + tokens);
      ids.insert(ids.end(), tokens, inputs.space.image_token);
    } else {
      const std::vector<std::int64_t> text = std::visit(TextIds{inputs}, part);
      check_length(inputs, begin + text.size());
      ids.insert(ids.end(), text.begin(), text.end());
    }
    prompt.parts.push_back({.begin = begin, .end = ids.size()});
  }
  CACHEBENCH_CHECK(images == inputs.grids.size(), "{} grids for {} images", inputs.grids.size(), images);
  if (ids.empty()) throw refuse(inputs, "an empty prompt; at least one token");
  return prompt;
}

}  // namespace cachebench::pipeline
