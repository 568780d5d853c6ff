// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor_view.h"
#include "core/units.h"

/// The shape of a Qwen3-VL model: its config numbers, and from them the bytes and FLOPs of everything a cache
/// may hold. Values only; immutable once made, hence thread-safe. Counts are exact integers: a multiply-add
/// is two FLOPs, the counts are of the matrix products alone (norms, activations and softmax are left out).
/// The formulas are derived in docs/geometry.md.
namespace cachebench::model {

/// The vision tower.
struct VisionConfig {
  std::uint32_t depth = 0;
  std::uint32_t hidden = 0;
  std::uint32_t heads = 0;
  std::uint32_t mlp = 0;
  std::uint32_t channels = 3;
  std::uint32_t patch = 16;          ///< side in pixels
  std::uint32_t temporal_patch = 2;  ///< frames; a still image is used twice
  std::uint32_t merge = 2;           ///< patches per side of a visual token
  std::uint32_t positions = 0;       ///< learned, a square
  std::uint32_t out = 0;             ///< width of its output, the text model's hidden
  std::vector<std::uint32_t> taps;   ///< DeepStack: blocks whose output feeds decoder layers 0, 1, …
  std::uint64_t min_pixels = 0;      ///< area limits of the resize rule
  std::uint64_t max_pixels = 0;
};

/// The text decoder. The output projection is tied to the embedding.
struct TextConfig {
  std::uint32_t layers = 0;
  std::uint32_t hidden = 0;
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;
  std::uint32_t head_dim = 0;
  std::uint32_t mlp = 0;
  std::uint32_t vocabulary = 0;
};

/// Which weights a geometry's model has, as digests; 0: not said, as in a simulation.
struct WeightsIdentity {
  std::uint64_t encoder = 0;  ///< of the vision tower's
  std::uint64_t model = 0;    ///< of all of them
  bool operator==(const WeightsIdentity&) const = default;
};

/// An image after the resize rule.
struct ImageGrid {
  std::uint32_t width = 0;  ///< pixels
  std::uint32_t height = 0;
  std::uint64_t patches = 0;           ///< N
  std::uint64_t visual_tokens = 0;     ///< V
  std::uint64_t position_advance = 0;  ///< of the rotary positions, less than V
  bool operator==(const ImageGrid&) const = default;
};

class Geometry {
 public:
  Geometry(std::string name, VisionConfig vision, TextConfig text, DType dtype);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const VisionConfig& vision() const { return vision_; }
  [[nodiscard]] const TextConfig& text() const { return text_; }
  /// Of weights, hidden states and K/V.
  [[nodiscard]] DType dtype() const { return dtype_; }
  /// The same shape with weights that are known.
  [[nodiscard]] Geometry with_weights(const WeightsIdentity& weights) const;
  /// Differs between geometries, and where weights are known between those: part of every key, so that no
  /// cache, on disk or shared, ever serves another model's entry.
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }
  /// In its place in keys of what the vision tower alone takes and makes: models that share an encoder share
  /// those entries. Where no weights are known, the whole model's.
  [[nodiscard]] std::uint64_t encoder_fingerprint() const { return encoder_fingerprint_; }

  /// The resize rule: sides to the nearest multiple of patch × merge, ties to even, then the area limits.
  /// Throws Error{kInput} for an empty image or an aspect ratio above 200.
  [[nodiscard]] ImageGrid grid_of(std::uint32_t width, std::uint32_t height) const;

  // Parameters.
  [[nodiscard]] std::uint64_t patch_embedding_parameters() const;
  [[nodiscard]] std::uint64_t vision_block_parameters() const;
  [[nodiscard]] std::uint64_t main_merger_parameters() const;
  [[nodiscard]] std::uint64_t deepstack_merger_parameters() const;
  [[nodiscard]] std::uint64_t vision_parameters() const;
  [[nodiscard]] std::uint64_t decoder_layer_parameters() const;
  [[nodiscard]] std::uint64_t text_parameters() const;
  [[nodiscard]] std::uint64_t parameters() const { return vision_parameters() + text_parameters(); }

  // Tensors.
  /// [N, channels · temporal · patch²], float32.
  [[nodiscard]] TensorMeta pixel_values(std::uint64_t patches) const;
  /// [V, out]: the image embedding alone.
  [[nodiscard]] TensorMeta image_embedding(std::uint64_t visual_tokens) const;
  /// [V, (1 + taps) · out]: the embedding and the DeepStack features, what it takes to skip the tower.
  [[nodiscard]] TensorMeta vision_output(std::uint64_t visual_tokens) const;
  /// [tokens, hidden].
  [[nodiscard]] TensorMeta hidden_states(std::uint64_t tokens) const;
  /// Token ids, int64.
  [[nodiscard]] TensorMeta token_ids(std::uint64_t tokens) const;
  /// Input embeddings of all tokens and the DeepStack features of the visual ones, side by side as one row.
  [[nodiscard]] TensorMeta pair(std::uint64_t tokens, std::uint64_t visual_tokens) const;
  /// [2, layers, kv heads, tokens, head dim].
  [[nodiscard]] TensorMeta kv(std::uint64_t tokens) const;
  [[nodiscard]] Bytes kv_bytes_per_token() const { return kv(1).bytes(); }

  // Work.
  /// Vision tower and mergers for one image of N patches. Several images: the sum, attention stays inside
  /// one.
  [[nodiscard]] std::uint64_t vision_flops(std::uint64_t patches) const;
  /// All decoder layers over S tokens after C cached ones, without the row of logits: no artefact holds
  /// logits, so this is the cost of artefacts.
  [[nodiscard]] std::uint64_t layers_flops(std::uint64_t tokens, std::uint64_t cached) const;
  /// One of them.
  [[nodiscard]] std::uint64_t layer_flops(std::uint64_t tokens, std::uint64_t cached) const;
  /// Logits of one position.
  [[nodiscard]] std::uint64_t logits_flops() const;
  /// layers_flops and one row of logits: prefill up to the first output token.
  [[nodiscard]] std::uint64_t prefill_flops(std::uint64_t tokens, std::uint64_t cached) const;
  /// One output token at context C (the token itself not counted).
  [[nodiscard]] std::uint64_t decode_flops(std::uint64_t context) const;
  /// Weights and K/V read for one output token.
  [[nodiscard]] Bytes decode_bytes(std::uint64_t context) const;
  /// float32 scores of one vision block when attention is computed eagerly.
  [[nodiscard]] Bytes vision_scratch(std::uint64_t patches) const;

 private:
  std::string name_;
  VisionConfig vision_;
  TextConfig text_;
  DType dtype_;
  std::uint64_t fingerprint_ = 0;
  std::uint64_t encoder_fingerprint_ = 0;
};

/// "2b" (Qwen3-VL-2B-Instruct) or "tiny" (the seeded test model, no dimension equal to another by accident).
/// Throws Error{kUsage} naming the nearest.
[[nodiscard]] Geometry geometry_named(std::string_view name);
[[nodiscard]] std::vector<std::string> geometry_names();

}  // namespace cachebench::model
