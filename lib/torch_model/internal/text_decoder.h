// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/checkpoint.h"
#include "torch_model/internal/component_host.h"
#include "torch_model/internal/kv_cache.h"
#include "torch_model/internal/layers.h"

/// The text decoder of Qwen3-VL: grouped-query attention with normalised queries and keys, interleaved MRoPE,
/// SwiGLU, DeepStack features added after the first layers, output projection tied to the embedding or not.
/// Immutable, thread-safe; the sequences it writes to are the caller's. S tokens, hidden width H.
namespace cachebench::torch_model {

/// What goes into the layers: tokens of one or several sequences, one after another.
struct DecoderInput {
  at::Tensor hidden;                      ///< [S, H]: embeddings, image rows in place
  at::Tensor positions;                   ///< [3, S], int64: T, H, W
  at::Tensor image_rows;                  ///< int64: rows of `hidden` that are image tokens; undefined: none
  std::span<const at::Tensor> deepstack;  ///< one a tap, [image rows, H]
};

/// Whose the rows are: the last `count` tokens of the sequence, which is that long already.
struct SequenceRows {
  KvSequence* sequence = nullptr;
  std::int64_t count = 0;
};

/// Layers [first, end).
struct LayerRange {
  std::size_t first = 0;
  std::size_t end = 0;
};

class TextDecoder {
 public:
  /// `host` null: all weights stay in memory.
  TextDecoder(const WeightSource& source, const model::CheckpointConfig& config, at::ScalarType type,
              ComponentHost* host = nullptr);

  [[nodiscard]] std::size_t layers() const { return layers_.size(); }
  /// Layers that take a DeepStack feature in.
  [[nodiscard]] std::size_t taps() const { return taps_; }
  /// Of a vision output's row: the image embedding and one feature a tap.
  [[nodiscard]] std::int64_t vision_width() const {
    return std::int64_t{config_.hidden} * static_cast<std::int64_t>(1 + taps_);
  }
  /// Token ids [S] to [S, H].
  [[nodiscard]] at::Tensor embed(const at::Tensor& ids) const { return embedding_.get()->select(ids, type_); }
  /// Through some layers, [S, H]; keys and values of the rows are written to their sequences. Linear layers
  /// take all rows at once; attention stays inside a sequence. Told to `tap`: text.layer.L (before the
  /// DeepStack addition), text.layer.L.deepstack.
  [[nodiscard]] at::Tensor run(const DecoderInput& input, std::span<const SequenceRows> rows,
                               LayerRange range, const ActivationTap& tap) const;
  [[nodiscard]] at::Tensor final_norm(const at::Tensor& hidden) const { return (*norm_.get())(hidden); }
  /// [S, vocabulary].
  [[nodiscard]] at::Tensor logits(const at::Tensor& hidden) const {
    return (*(output_ ? *output_ : embedding_).get())(hidden, {});
  }
  /// Appends the rows to one sequence, through all layers and the final norm; told as run() does, and
  /// text.final_norm.
  [[nodiscard]] at::Tensor operator()(const DecoderInput& input, KvSequence& sequence,
                                      const ActivationTap& tap) const;

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

  [[nodiscard]] static Layer make_layer(const WeightSource& source, const model::TextConfig& config,
                                        const std::string& name, double epsilon);
  [[nodiscard]] Rotation rotation_of(const at::Tensor& positions, at::ScalarType dtype) const;
  [[nodiscard]] at::Tensor attend(std::size_t index, const Layer& layer, const at::Tensor& x,
                                  const Rotation& rotation, std::span<const SequenceRows> rows) const;

  model::TextConfig config_;
  std::size_t taps_;
  double rope_theta_;
  std::array<std::uint32_t, 3> sections_;
  at::ScalarType type_;
  Part<ProductWeight> embedding_;
  std::optional<Part<ProductWeight>> output_;  ///< of models that do not use the embedding
  std::vector<Part<Layer>> layers_;
  Part<RmsNorm> norm_;
};

}  // namespace cachebench::torch_model
