// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/float_formats.h"
#include "core/hash.h"
#include "core/rng.h"
#include "model/checkpoint.h"

/// Small checkpoints with random weights, written as files, and their weights as plain numbers for a
/// reference to compute with. Weights are far larger than an initialiser's, so that a fault of any layer
/// shows at the end. No tensor library in sight. Values.
namespace cachebench::torch_model::testing {

struct PlainTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};
using PlainTensors = std::map<std::string, PlainTensor>;

inline std::string safetensors_bytes(const PlainTensors& tensors, DType dtype) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const bool whole = name == "input_ids" || name == "image_grid_thw" || name == "position_ids" ||
                       name == "rope_delta" || name == "greedy_ids";
    const std::size_t begin = data.size();
    for (const float value : tensor.values) {
      const auto append = [&](const auto& bits) {
        data.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
      };
      if (whole) {
        append(static_cast<std::int64_t>(value));
      } else if (dtype == DType::kBF16) {
        append(bfloat16_from_float(value));
      } else {
        append(value);
      }
    }
    header[name] = {{"dtype", whole                   ? "I64"
                              : dtype == DType::kBF16 ? "BF16"
                                                      : "F32"},
                    {"shape", tensor.shape},
                    {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + text + data;
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// All weights of a config, in the order of nothing; rounded to bfloat16 where asked for.
class RandomCheckpoint {
 public:
  RandomCheckpoint(model::CheckpointConfig config, std::uint64_t seed, DType dtype)
      : config_(std::move(config)), seed_(seed), dtype_(dtype) {
    add_vision();
    add_text();
  }

  [[nodiscard]] const model::CheckpointConfig& config() const { return config_; }
  [[nodiscard]] const std::vector<float>& at(const std::string& name) const {
    return weights_.at(name).values;
  }
  [[nodiscard]] PlainTensors& weights() { return weights_; }

  /// One file, or several with an index.
  void write(const std::filesystem::path& folder, std::size_t shards) const {
    std::ofstream(folder / "config.json") << config_json().dump();
    std::ofstream(folder / "preprocessor_config.json") << nlohmann::ordered_json{
        {"size",
         {{"shortest_edge", config_.vision.min_pixels}, {"longest_edge", config_.vision.max_pixels}}}};
    if (shards == 1) {
      write_bytes(folder / "model.safetensors", safetensors_bytes(weights_, dtype_));
      return;
    }
    std::vector<PlainTensors> parts(shards);
    nlohmann::ordered_json map;
    std::size_t next = 0;
    for (const auto& [name, tensor] : weights_) {
      const std::size_t shard = next++ % shards;
      parts[shard][name] = tensor;
      map[name] = file_of(shard, shards);
    }
    for (std::size_t i = 0; i < shards; ++i) {
      write_bytes(folder / file_of(i, shards), safetensors_bytes(parts[i], dtype_));
    }
    std::ofstream(folder / "model.safetensors.index.json") << nlohmann::ordered_json{{"weight_map", map}};
  }

  [[nodiscard]] nlohmann::ordered_json config_json() const {
    const model::TextConfig& t = config_.text;
    const model::VisionConfig& v = config_.vision;
    return {{"model_type", "qwen3_vl"},
            {"image_token_id", config_.image_token},
            {"video_token_id", config_.video_token},
            {"tie_word_embeddings", config_.tied},
            {"text_config",
             {{"num_hidden_layers", t.layers},
              {"hidden_size", t.hidden},
              {"num_attention_heads", t.heads},
              {"num_key_value_heads", t.kv_heads},
              {"head_dim", t.head_dim},
              {"intermediate_size", t.mlp},
              {"vocab_size", t.vocabulary},
              {"rms_norm_eps", config_.rms_norm_eps},
              {"rope_parameters",
               {{"rope_type", "default"},
                {"rope_theta", config_.rope_theta},
                {"mrope_section", config_.mrope_section},
                {"mrope_interleaved", true}}}}},
            {"vision_config",
             {{"depth", v.depth},
              {"hidden_size", v.hidden},
              {"num_heads", v.heads},
              {"intermediate_size", v.mlp},
              {"in_channels", v.channels},
              {"patch_size", v.patch},
              {"temporal_patch_size", v.temporal_patch},
              {"spatial_merge_size", v.merge},
              {"num_position_embeddings", v.positions},
              {"out_hidden_size", v.out},
              {"deepstack_visual_indexes", v.taps}}}};
  }

 private:
  static std::string file_of(std::size_t shard, std::size_t shards) {
    return "model-0000" + std::to_string(shard + 1) + "-of-0000" + std::to_string(shards) + ".safetensors";
  }

  void add(const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t count = 1;
    for (const std::int64_t n : shape) count *= n;
    PlainTensor tensor{.shape = std::move(shape), .values = {}};
    Rng rng(hash64(std::as_bytes(std::span(name))) ^ seed_);
    const bool norm = name.find("norm") != std::string::npos && name.ends_with("weight");
    // Rows of a product keep the magnitude of what they multiply.
    const double scale =
        tensor.shape.size() > 1 ? 1.7 / std::sqrt(static_cast<double>(count / tensor.shape[0])) : 0.2;
    for (std::int64_t i = 0; i < count; ++i) {
      const double value = (norm ? 1.0 : 0.0) + (2 * rng.uniform() - 1) * scale;
      const auto narrow = static_cast<float>(value);
      tensor.values.push_back(dtype_ == DType::kBF16 ? float_from_bfloat16(bfloat16_from_float(narrow))
                                                     : narrow);
    }
    weights_[name] = std::move(tensor);
  }
  void add_layer(const std::string& name, std::int64_t out, std::int64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
  void add_norm(const std::string& name, std::int64_t width) {
    add(name + ".weight", {width});
    add(name + ".bias", {width});
  }
  void add_merger(const std::string& name, std::int64_t norm_width) {
    const model::VisionConfig& v = config_.vision;
    const std::int64_t merged = std::int64_t{v.hidden} * v.merge * v.merge;
    add_norm(name + ".norm", norm_width);
    add_layer(name + ".linear_fc1", merged, merged);
    add_layer(name + ".linear_fc2", v.out, merged);
  }
  void add_vision() {
    const model::VisionConfig& v = config_.vision;
    add("model.visual.patch_embed.proj.weight", {v.hidden, v.channels, v.temporal_patch, v.patch, v.patch});
    add("model.visual.patch_embed.proj.bias", {v.hidden});
    add("model.visual.pos_embed.weight", {v.positions, v.hidden});
    for (std::uint32_t i = 0; i < v.depth; ++i) {
      const std::string block = "model.visual.blocks." + std::to_string(i) + ".";
      add_norm(block + "norm1", v.hidden);
      add_norm(block + "norm2", v.hidden);
      add_layer(block + "attn.qkv", 3 * std::int64_t{v.hidden}, v.hidden);
      add_layer(block + "attn.proj", v.hidden, v.hidden);
      add_layer(block + "mlp.linear_fc1", v.mlp, v.hidden);
      add_layer(block + "mlp.linear_fc2", v.hidden, v.mlp);
    }
    add_merger("model.visual.merger", v.hidden);
    for (std::size_t i = 0; i < v.taps.size(); ++i) {
      add_merger("model.visual.deepstack_merger_list." + std::to_string(i),
                 std::int64_t{v.hidden} * v.merge * v.merge);
    }
  }
  void add_text() {
    const model::TextConfig& t = config_.text;
    add("model.language_model.embed_tokens.weight", {t.vocabulary, t.hidden});
    if (!config_.tied) add("lm_head.weight", {t.vocabulary, t.hidden});
    add("model.language_model.norm.weight", {t.hidden});
    for (std::uint32_t i = 0; i < t.layers; ++i) {
      const std::string layer = "model.language_model.layers." + std::to_string(i) + ".";
      add(layer + "input_layernorm.weight", {t.hidden});
      add(layer + "post_attention_layernorm.weight", {t.hidden});
      add(layer + "self_attn.q_proj.weight", {std::int64_t{t.heads} * t.head_dim, t.hidden});
      add(layer + "self_attn.k_proj.weight", {std::int64_t{t.kv_heads} * t.head_dim, t.hidden});
      add(layer + "self_attn.v_proj.weight", {std::int64_t{t.kv_heads} * t.head_dim, t.hidden});
      add(layer + "self_attn.o_proj.weight", {t.hidden, std::int64_t{t.heads} * t.head_dim});
      add(layer + "self_attn.q_norm.weight", {t.head_dim});
      add(layer + "self_attn.k_norm.weight", {t.head_dim});
      add(layer + "mlp.gate_proj.weight", {t.mlp, t.hidden});
      add(layer + "mlp.up_proj.weight", {t.mlp, t.hidden});
      add(layer + "mlp.down_proj.weight", {t.hidden, t.mlp});
    }
  }

  model::CheckpointConfig config_;
  std::uint64_t seed_;
  DType dtype_;
  PlainTensors weights_;
};

/// Another model than any published one: untied, two taps, no two widths equal, head widths unlike the
/// published ones.
inline model::CheckpointConfig foreign_config() {
  model::CheckpointConfig config;
  config.vision = {.depth = 5,
                   .hidden = 40,
                   .heads = 2,
                   .mlp = 72,
                   .patch = 14,
                   .positions = 25,
                   .out = 44,
                   .taps = {1, 3},
                   .min_pixels = 3'136,
                   .max_pixels = 50'176};
  config.text = {
      .layers = 4, .hidden = 44, .heads = 6, .kv_heads = 2, .head_dim = 24, .mlp = 100, .vocabulary = 90};
  config.rope_theta = 12'345;
  config.mrope_section = {5, 4, 3};
  config.rms_norm_eps = 1e-5;
  config.tied = false;
  config.image_token = 81;
  config.video_token = 82;
  return config;
}

}  // namespace cachebench::torch_model::testing
