// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <span>
#include <vector>

#include "model/checkpoint.h"
#include "model/mrope_positions.h"
#include "torch_model/internal/prompt_inputs.h"
#include "torch_model/internal/text_decoder.h"
#include "torch_model/internal/vision_tower.h"

/// The whole model: both halves, and the way from a prompt to hidden states for one sequence at a time.
/// Immutable, thread-safe; sequences are the caller's.
namespace cachebench::torch_model {

/// One row of embedding and DeepStack features a visual token: [V, (1 + taps) · H].
[[nodiscard]] at::Tensor packed(const VisionOutput& vision);

class Qwen3VL {
 public:
  /// `type` is that of the computation; `host`, where given, has the parts, and all stay in memory else.
  Qwen3VL(const WeightSource& source, const model::CheckpointConfig& config, at::ScalarType type = at::kFloat,
          ComponentHost* host = nullptr);

  [[nodiscard]] const model::CheckpointConfig& config() const { return config_; }
  [[nodiscard]] const TextDecoder& decoder() const { return decoder_; }
  [[nodiscard]] at::ScalarType type() const { return type_; }
  [[nodiscard]] VisionOutput encode_images(const at::Tensor& pixel_values,
                                           std::span<const model::PatchGrid> grids,
                                           const ActivationTap& tap) const {
    return vision_(pixel_values, grids, tap);
  }
  [[nodiscard]] model::PromptPositions positions_of(const Prompt& prompt) const;

  /// Runs a prompt into an empty sequence; hidden states of all its tokens after the final norm, [S, H].
  /// `vision` is what encode_images gave for its images, absent without any. Throws Error{kInput} when image
  /// tokens and images do not match.
  [[nodiscard]] at::Tensor prefill(const Prompt& prompt, const std::optional<VisionOutput>& vision,
                                   KvSequence& sequence, const ActivationTap& tap) const;
  /// One more token; its hidden state, [1, H]. `delta` is that of the prompt's positions.
  [[nodiscard]] at::Tensor decode(std::int64_t token, std::int64_t delta, KvSequence& sequence) const;
  [[nodiscard]] at::Tensor logits(const at::Tensor& hidden) const { return decoder_.logits(hidden); }

 private:
  model::CheckpointConfig config_;
  at::ScalarType type_;
  VisionTower vision_;
  TextDecoder decoder_;
};

}  // namespace cachebench::torch_model
