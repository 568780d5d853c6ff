// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/checkpoint.h"
#include "torch_model/internal/kv_cache.h"
#include "torch_model/internal/layers.h"

/// The text decoder of Qwen3-VL: grouped-query attention with normalised queries and keys, interleaved MRoPE,
/// SwiGLU, DeepStack features added after the first layers, output projection tied to the embedding or not.
/// Immutable, thread-safe; the sequence it writes to is the caller's. S tokens, hidden width H.
namespace cachebench::torch_model {

/// What goes into the layers for some tokens that follow those already in the sequence.
struct DecoderInput {
  at::Tensor hidden;                      ///< [S, H]: embeddings, image rows in place
  at::Tensor positions;                   ///< [3, S], int64: T, H, W
  at::Tensor image_rows;                  ///< int64: rows of `hidden` that are image tokens; undefined: none
  std::span<const at::Tensor> deepstack;  ///< one a tap, [image rows, H]
};

class TextDecoder {
 public:
  TextDecoder(const WeightSource& source, const model::CheckpointConfig& config);

  /// Token ids [S] to [S, H].
  [[nodiscard]] at::Tensor embed(const at::Tensor& ids) const;
  /// Through all layers and the final norm, [S, H]; keys and values are appended to `sequence`. Told to
  /// `tap`: text.layer.L (before the DeepStack addition), text.layer.L.deepstack, text.final_norm.
  [[nodiscard]] at::Tensor operator()(const DecoderInput& input, KvSequence& sequence,
                                      const ActivationTap& tap) const;
  /// [S, vocabulary].
  [[nodiscard]] at::Tensor logits(const at::Tensor& hidden) const;

 private:
  struct Layer {
    RmsNorm input_norm;
    RmsNorm post_norm;
    Linear q;
    Linear k;
    Linear v;
    Linear o;
    RmsNorm q_norm;
    RmsNorm k_norm;
    Linear gate;
    Linear up;
    Linear down;
  };

  [[nodiscard]] Rotation rotation_of(const at::Tensor& positions, at::ScalarType dtype) const;
  [[nodiscard]] at::Tensor attend(std::size_t index, const at::Tensor& x, const Rotation& rotation,
                                  KvSequence& sequence) const;

  model::TextConfig config_;
  double rope_theta_;
  std::array<std::uint32_t, 3> sections_;
  at::Tensor embedding_;
  at::Tensor output_;
  std::vector<Layer> layers_;
  RmsNorm norm_;
};

}  // namespace cachebench::torch_model
