// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/qwen3_vl.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace cachebench::torch_model {

Qwen3VL::Qwen3VL(const WeightSource& source, const model::CheckpointConfig& config)
    : config_(config), vision_(source, config.vision), decoder_(source, config) {}

model::PromptPositions Qwen3VL::positions_of(const Prompt& prompt) const {
  return model::mrope_positions({.tokens = prompt.tokens,
                                 .grids = prompt.grids,
                                 .image_token = config_.image_token,
                                 .merge = config_.vision.merge});
}

at::Tensor Qwen3VL::prefill(const Prompt& prompt, const std::optional<VisionOutput>& vision,
                            KvSequence& sequence, const ActivationTap& tap) const {
  for (const std::int64_t token : prompt.tokens) {
    if (token < 0 || token >= std::int64_t{config_.text.vocabulary}) {
      throw Error(ErrorKind::kInput,
                  fmt::format("token {} is not in the vocabulary of {}", token, config_.text.vocabulary));
    }
  }
  const model::PromptPositions positions = positions_of(prompt);
  std::vector<at::Tensor> axes;
  for (const std::vector<std::int64_t>& axis : positions.axis) axes.push_back(at::tensor(axis, at::kLong));
  DecoderInput input{.hidden = decoder_.embed(at::tensor(prompt.tokens, at::kLong)),
                     .positions = at::stack(axes),
                     .image_rows = {},
                     .deepstack = {}};
  if (vision) {
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < prompt.tokens.size(); ++i) {
      if (prompt.tokens[i] == config_.image_token) rows.push_back(static_cast<std::int64_t>(i));
    }
    if (static_cast<std::int64_t>(rows.size()) != vision->embedding.size(0)) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{} image tokens for {} visual ones", rows.size(), vision->embedding.size(0)));
    }
    input.image_rows = at::tensor(rows, at::kLong);
    input.hidden = input.hidden.index_copy(0, input.image_rows, vision->embedding);
    input.deepstack = vision->deepstack;
  }
  return decoder_(input, sequence, tap);
}

at::Tensor Qwen3VL::decode(std::int64_t token, std::int64_t delta, KvSequence& sequence) const {
  const DecoderInput input{.hidden = decoder_.embed(at::full({1}, token, at::kLong)),
                           .positions = at::full({3, 1}, sequence.tokens() + delta, at::kLong),
                           .image_rows = {},
                           .deepstack = {}};
  return decoder_(input, sequence, {});
}

}  // namespace cachebench::torch_model
