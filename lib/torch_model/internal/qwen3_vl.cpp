// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/qwen3_vl.h"

#include <fmt/format.h>

#include "core/error.h"

namespace cachebench::torch_model {

at::Tensor packed(const VisionOutput& vision) {
  std::vector<at::Tensor> parts{vision.embedding};
  parts.insert(parts.end(), vision.deepstack.begin(), vision.deepstack.end());
  return at::cat(parts, 1);
}

Qwen3VL::Qwen3VL(const WeightSource& source, const model::CheckpointConfig& config, at::ScalarType type,
                 ComponentHost* host)
    : config_(config),
      type_(type),
      vision_(source, config.vision, host),
      decoder_(source, config, type, host) {}

model::PromptPositions Qwen3VL::positions_of(const Prompt& prompt) const {
  return model::mrope_positions({.tokens = prompt.tokens,
                                 .grids = prompt.grids,
                                 .image_token = config_.image_token,
                                 .merge = config_.vision.merge});
}

at::Tensor Qwen3VL::prefill(const Prompt& prompt, const std::optional<VisionOutput>& vision,
                            KvSequence& sequence, const ActivationTap& tap) const {
  const PlacedPrompt placed = place(prompt, config_);
  std::vector<at::Tensor> images;
  if (vision) {
    if (placed.visual_tokens() != vision->embedding.size(0)) {
      throw Error(ErrorKind::kInput, fmt::format("{} image tokens for {} visual ones", placed.visual_tokens(),
                                                 vision->embedding.size(0)));
    }
    const at::Tensor all = packed(*vision);
    for (std::size_t i = 0; i + 1 < placed.first_row.size(); ++i) {
      images.push_back(all.narrow(0, placed.first_row[i], placed.first_row[i + 1] - placed.first_row[i]));
    }
  }
  const PromptInputs inputs = assemble(placed, 0, decoder_, images);
  return decoder_(join({&inputs, 1}).input, sequence, tap);
}

at::Tensor Qwen3VL::decode(std::int64_t token, std::int64_t delta, KvSequence& sequence) const {
  const DecoderInput input{.hidden = decoder_.embed(at::full({1}, token, at::kLong)),
                           .positions = at::full({3, 1}, sequence.tokens() + delta, at::kLong),
                           .image_rows = {},
                           .deepstack = {}};
  return decoder_(input, sequence, {});
}

}  // namespace cachebench::torch_model
