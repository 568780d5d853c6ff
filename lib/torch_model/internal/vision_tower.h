// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "model/geometry.h"
#include "model/mrope_positions.h"
#include "torch_model/internal/component_host.h"
#include "torch_model/internal/layers.h"

/// The vision tower of Qwen3-VL: patches of one or more images in, image embeddings and DeepStack features
/// out. Attention stays inside one frame of one image. Immutable, thread-safe. Shapes: N patches, V = N/4
/// visual tokens.
namespace cachebench::torch_model {

struct VisionOutput {
  at::Tensor embedding;               ///< [V, out]
  std::vector<at::Tensor> deepstack;  ///< one a tap, [V, out]
};

/// Patches to one embedding a visual token: LayerNorm, two linear layers with a GELU between.
class PatchMerger {
 public:
  enum class NormOver : std::uint8_t { kPatch, kMergedPatches };
  PatchMerger(const WeightSource& source, const std::string& name, const model::VisionConfig& config,
              NormOver over);
  [[nodiscard]] at::Tensor operator()(const at::Tensor& patches) const;

 private:
  std::int64_t merged_;
  NormOver over_;
  LayerNorm norm_;
  Linear in_;
  Linear out_;
};

class VisionTower {
 public:
  /// `host` null: all weights stay in memory.
  VisionTower(const WeightSource& source, const model::VisionConfig& config, ComponentHost* host = nullptr);

  /// `pixel_values` [N, channels · temporal_patch · patch²] in the dtype of the weights, images one after
  /// another as `grids` says. Told to `tap`: vision.patch_embed, vision.pos_embed, vision.block.L,
  /// vision.merger, vision.deepstack.K.
  [[nodiscard]] VisionOutput operator()(const at::Tensor& pixel_values,
                                        std::span<const model::PatchGrid> grids,
                                        const ActivationTap& tap) const;

 private:
  struct Stem {
    at::Tensor patch_weight;  ///< [hidden, patch elements]
    at::Tensor patch_bias;
    at::Tensor position_table;
  };
  struct Block {
    LayerNorm norm1;
    LayerNorm norm2;
    Linear qkv;
    Linear proj;
    Linear fc1;
    Linear fc2;
  };

  [[nodiscard]] static Stem make_stem(const WeightSource& source, const model::VisionConfig& config);
  [[nodiscard]] static Block make_block(const WeightSource& source, const model::VisionConfig& config,
                                        const std::string& name);
  [[nodiscard]] at::Tensor positions_of(const at::Tensor& table, const model::PatchGrid& grid) const;
  /// Patches embedded and placed.
  [[nodiscard]] at::Tensor enter(const at::Tensor& pixel_values, std::span<const model::PatchGrid> grids,
                                 const ActivationTap& tap) const;
  [[nodiscard]] Rotation rotation_of(std::span<const model::PatchGrid> grids) const;
  [[nodiscard]] at::Tensor attend(const Block& block, const at::Tensor& x, const Rotation& rotation,
                                  std::span<const model::PatchGrid> grids) const;
  /// Rows in raster order to the order of merged blocks; `x` is [rows · columns, width].
  [[nodiscard]] at::Tensor to_block_order(const at::Tensor& x, const model::PatchGrid& grid) const;

  model::VisionConfig config_;
  Part<Stem> stem_;
  std::vector<Part<Block>> blocks_;
  Part<PatchMerger> merger_;
  std::vector<Part<PatchMerger>> deepstack_mergers_;
};

}  // namespace cachebench::torch_model
