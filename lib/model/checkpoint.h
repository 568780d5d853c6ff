// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor_view.h"
#include "model/geometry.h"
#include "model/safetensors.h"

/// A Qwen3-VL checkpoint folder as Hugging Face lays it out: config.json, preprocessor_config.json and the
/// weights, in one safetensors file or in several with an index. Weights are memory mapped and never copied
/// here. Immutable once open, hence thread-safe. Throws Error{kInput} with file, key or tensor and reason.
namespace cachebench::model {

/// What a forward pass needs to know beyond the shapes.
struct CheckpointConfig {
  VisionConfig vision;
  TextConfig text;
  double rope_theta = 0;
  std::array<std::uint32_t, 3> mrope_section{};  ///< frequencies of T, H and W, interleaved
  double rms_norm_eps = 1e-6;
  bool tied = true;  ///< the output projection is the embedding
  std::int64_t image_token = 0;
  std::int64_t video_token = 0;
  std::int64_t end_token = -1;  ///< -1: none stated
};

/// Reads both forms of the rope keys (`rope_scaling` with `rope_theta`, or `rope_parameters`), and refuses
/// what the forward pass would get silently wrong. `file` is for messages.
[[nodiscard]] CheckpointConfig parse_checkpoint_config(const nlohmann::ordered_json& document,
                                                       const std::string& file);

/// The published model's remaining constants for a geometry without a checkpoint: random weights can be made
/// for it. Special tokens are the published ones where the vocabulary holds them, else the last few.
[[nodiscard]] CheckpointConfig config_without_weights(const Geometry& geometry);

class Checkpoint {
 public:
  explicit Checkpoint(const std::string& folder);

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const CheckpointConfig& config() const { return config_; }
  [[nodiscard]] const std::string& config_text() const { return config_text_; }  ///< of config.json
  /// Of the token embedding, as of the rest in any sane checkpoint; nothing when there is none.
  [[nodiscard]] std::optional<DType> stored_dtype() const;
  /// A weight by its full name, "model.visual.…"; files that leave "model." out are understood. Checks the
  /// shape. The view lives as long as the checkpoint.
  [[nodiscard]] const TensorView& weight(std::string_view name, const Shape& shape) const;

  /// All of them, names without the leading "model.".
  [[nodiscard]] std::map<std::string, const TensorView*, std::less<>> weights() const;

 private:
  void read_limits();
  void open_weights();

  std::string folder_;
  CheckpointConfig config_;
  std::string config_text_;
  std::vector<std::unique_ptr<SafeTensors>> files_;
  std::map<std::string, const TensorView*, std::less<>> weights_;
};

}  // namespace cachebench::model
