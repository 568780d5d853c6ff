// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The config.json of a model that is as small as one can be and has every part.
namespace cachebench::testing {

inline constexpr const char* kSmallConfig = R"({
  "model_type": "qwen3_vl", "image_token_id": 7, "video_token_id": 8, "tie_word_embeddings": true,
  "text_config": {"num_hidden_layers": 3, "hidden_size": 24, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 16, "intermediate_size": 40, "vocab_size": 64, "rms_norm_eps": 1e-6, "rope_theta": 5000000.0,
    "rope_scaling": {"rope_type": "default", "mrope_section": [4, 2, 2], "mrope_interleaved": true}},
  "vision_config": {"depth": 2, "hidden_size": 16, "num_heads": 2, "intermediate_size": 32, "in_channels": 3,
    "patch_size": 16, "temporal_patch_size": 2, "spatial_merge_size": 2, "num_position_embeddings": 16,
    "out_hidden_size": 24, "deepstack_visual_indexes": [0, 1]}})";

}  // namespace cachebench::testing
