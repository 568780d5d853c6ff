// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "model/mrope_positions.h"
#include "torch_model/reference_layers.h"

/// The forward pass once more, from the published description alone: no tensor library, no batching, no cache
/// and no code shared with what is held against it. Values.
namespace cachebench::torch_model::testing {

struct ReferencePrompt {
  std::vector<std::int64_t> ids;
  std::vector<model::PatchGrid> grids;
  Rows pixels{0, 0};
};

class ReferenceModel {
 public:
  explicit ReferenceModel(const RandomCheckpoint& checkpoint)
      : layer_(checkpoint), config_(checkpoint.config()) {}

  /// Everything that a case of `model check` may hold, `greedy` steps included.
  [[nodiscard]] PlainTensors run(const ReferencePrompt& prompt, std::size_t greedy) {
    told_.clear();
    features_.clear();
    if (!prompt.grids.empty()) look(prompt);
    Rows logits = read(prompt);
    tell("logits", logits, kText);
    PlainTensors out = told_;
    put_inputs(out, prompt);
    PlainTensor ids{{1, static_cast<std::int64_t>(greedy)}, {}};
    PlainTensor steps{{1, static_cast<std::int64_t>(greedy), std::int64_t{config_.text.vocabulary}}, {}};
    ReferencePrompt grown = prompt;
    for (std::size_t step = 0; step < greedy; ++step) {
      const auto last = logits.values.end() - static_cast<std::ptrdiff_t>(logits.width);
      steps.values.insert(steps.values.end(), last, logits.values.end());
      grown.ids.push_back(std::max_element(last, logits.values.end()) - last);
      ids.values.push_back(static_cast<float>(grown.ids.back()));
      logits = read(grown);
    }
    out["greedy_ids"] = ids;
    out["greedy_logits"] = steps;
    return out;
  }

 private:
  using Bias = NamedLayers::Bias;
  enum Side : std::uint8_t { kVision, kText };

  void tell(const std::string& name, const Rows& rows, Side side) {
    PlainTensor& out = told_[name];
    out.shape = {static_cast<std::int64_t>(rows.count), static_cast<std::int64_t>(rows.width)};
    if (side == kText) out.shape.insert(out.shape.begin(), 1);
    out.values.assign(rows.values.begin(), rows.values.end());
  }
  static void put_inputs(PlainTensors& out, const ReferencePrompt& prompt) {
    out["input_ids"] = {{1, static_cast<std::int64_t>(prompt.ids.size())},
                        {prompt.ids.begin(), prompt.ids.end()}};
    if (prompt.grids.empty()) return;
    PlainTensor& grids = out["image_grid_thw"];
    grids.shape = {static_cast<std::int64_t>(prompt.grids.size()), 3};
    for (const model::PatchGrid& g : prompt.grids) {
      for (const std::int64_t n : {g.frames, g.rows, g.columns})
        grids.values.push_back(static_cast<float>(n));
    }
    const Rows& x = prompt.pixels;
    out["pixel_values"] = {{static_cast<std::int64_t>(x.count), static_cast<std::int64_t>(x.width)},
                           {x.values.begin(), x.values.end()}};
  }

  // ---- vision
  [[nodiscard]] Rows vision_attention(const Rows& x, const std::string& block,
                                      const std::vector<Patch>& patches) const {
    const std::size_t hidden = config_.vision.hidden;
    const std::size_t width = hidden / config_.vision.heads;
    const Rows qkv = layer_.linear(x, block + "attn.qkv", Bias::kThere);
    Rows q = columns(qkv, 0, hidden);
    Rows k = columns(qkv, hidden, hidden);
    const Rows v = columns(qkv, 2 * hidden, hidden);
    for (std::size_t p = 0; p < patches.size(); ++p) {
      std::vector<double> angles;
      for (const std::size_t place : {patches[p].row, patches[p].column}) {
        for (std::size_t i = 0; i < width / 4; ++i) {
          angles.push_back(static_cast<double>(place) *
                           std::pow(10'000.0, -static_cast<double>(i) / static_cast<double>(width / 4)));
        }
      }
      for (std::size_t head = 0; head < hidden; head += width) {
        turn(q, p, head, angles);
        turn(k, p, head, angles);
      }
    }
    Rows out(x.count, hidden);
    for (std::size_t p = 0; p < patches.size(); ++p) {
      for (std::size_t head = 0; head < hidden; head += width) {
        attend({q, k, v}, out, p, {head, head, width, patches[p].first, patches[p].end});
      }
    }
    return layer_.linear(out, block + "attn.proj", Bias::kThere);
  }
  [[nodiscard]] Rows merged(const Rows& normed, const std::string& name) const {
    Rows x = layer_.linear(normed, name + ".linear_fc1", Bias::kThere);
    for (double& value : x.values) value = gelu_exact(value);
    return layer_.linear(x, name + ".linear_fc2", Bias::kThere);
  }
  /// Fills features_: the image embedding, then one feature a tap.
  void look(const ReferencePrompt& prompt) {
    const model::VisionConfig& v = config_.vision;
    const std::size_t merged_width = std::size_t{v.hidden} * v.merge * v.merge;
    const std::vector<Patch> patches = patches_of(prompt.grids, v);
    Rows x = layer_.linear(prompt.pixels, "model.visual.patch_embed.proj", Bias::kThere);
    tell("vision.patch_embed", x, kVision);
    const Rows positions = position_rows(patches, v, layer_);
    tell("vision.pos_embed", positions, kVision);
    add(x, positions);
    std::vector<Rows> taps;
    for (std::uint32_t i = 0; i < v.depth; ++i) {
      const std::string block = "model.visual.blocks." + std::to_string(i) + ".";
      add(x, vision_attention(layer_.layer_norm(x, block + "norm1"), block, patches));
      Rows y = layer_.linear(layer_.layer_norm(x, block + "norm2"), block + "mlp.linear_fc1", Bias::kThere);
      for (double& value : y.values) value = gelu_tanh(value);
      add(x, layer_.linear(y, block + "mlp.linear_fc2", Bias::kThere));
      tell("vision.block." + std::to_string(i), x, kVision);
      if (std::find(v.taps.begin(), v.taps.end(), i) == v.taps.end()) continue;
      const std::string name = "model.visual.deepstack_merger_list." + std::to_string(taps.size());
      taps.push_back(merged(layer_.layer_norm(reshaped(x, merged_width), name + ".norm"), name));
      tell("vision.deepstack." + std::to_string(taps.size() - 1), taps.back(), kVision);
    }
    const std::string name = "model.visual.merger";
    features_.push_back(merged(reshaped(layer_.layer_norm(x, name + ".norm"), merged_width), name));
    tell("vision.merger", features_.front(), kVision);
    features_.insert(features_.end(), taps.begin(), taps.end());
  }

  // ---- text
  using Positions = std::vector<std::array<double, 3>>;
  [[nodiscard]] Positions positions_of(const ReferencePrompt& prompt) const {
    Positions out;
    double next = 0;
    std::size_t image = 0;
    while (out.size() < prompt.ids.size()) {
      if (prompt.ids[out.size()] != config_.image_token) {
        out.push_back({next, next, next});
        next += 1;
        continue;
      }
      const model::PatchGrid& grid = prompt.grids[image++];
      const std::int64_t rows = grid.rows / config_.vision.merge;
      const std::int64_t columns = grid.columns / config_.vision.merge;
      for (std::int64_t i = 0; i < rows * columns; ++i) {
        out.push_back(
            {next, next + static_cast<double>(i / columns), next + static_cast<double>(i % columns)});
      }
      next += static_cast<double>(std::max(rows, columns));
    }
    return out;
  }
  [[nodiscard]] std::vector<double> angles_at(const std::array<double, 3>& position) const {
    const std::size_t half = config_.text.head_dim / 2;
    std::vector<double> angles;
    for (std::size_t j = 0; j < half; ++j) {
      const std::size_t axis = j % 3 != 0 && j < std::size_t{3} * config_.mrope_section[j % 3] ? j % 3 : 0;
      angles.push_back(position[axis] *
                       std::pow(config_.rope_theta, -static_cast<double>(j) / static_cast<double>(half)));
    }
    return angles;
  }
  void tell_heads(const std::string& name, const Rows& x) {
    const std::size_t width = config_.text.head_dim;
    PlainTensor& out = told_[name];
    out.shape = {1, std::int64_t{config_.text.kv_heads}, static_cast<std::int64_t>(x.count),
                 static_cast<std::int64_t>(width)};
    out.values.clear();
    for (std::size_t head = 0; head < x.width; head += width) {
      for (std::size_t r = 0; r < x.count; ++r) {
        for (std::size_t i = 0; i < width; ++i) out.values.push_back(static_cast<float>(x.at(r, head + i)));
      }
    }
  }
  [[nodiscard]] Rows text_attention(const Rows& x, std::size_t number, const Positions& positions) {
    const std::size_t width = config_.text.head_dim;
    const std::string layer = "model.language_model.layers." + std::to_string(number) + ".self_attn.";
    Rows q = layer_.rms_norm(layer_.linear(x, layer + "q_proj", Bias::kNone), layer + "q_norm", width);
    Rows k = layer_.rms_norm(layer_.linear(x, layer + "k_proj", Bias::kNone), layer + "k_norm", width);
    const Rows v = layer_.linear(x, layer + "v_proj", Bias::kNone);
    for (std::size_t t = 0; t < x.count; ++t) {
      const std::vector<double> angles = angles_at(positions[t]);
      for (std::size_t head = 0; head < q.width; head += width) turn(q, t, head, angles);
      for (std::size_t head = 0; head < k.width; head += width) turn(k, t, head, angles);
    }
    tell_heads("text.kv." + std::to_string(number) + ".key", k);
    tell_heads("text.kv." + std::to_string(number) + ".value", v);
    const std::size_t group = config_.text.heads / config_.text.kv_heads;
    Rows out(x.count, q.width);
    for (std::size_t t = 0; t < x.count; ++t) {
      for (std::size_t head = 0; head < config_.text.heads; ++head) {
        attend({q, k, v}, out, t, {head * width, head / group * width, width, 0, t + 1});
      }
    }
    return layer_.linear(out, layer + "o_proj", Bias::kNone);
  }
  /// Puts feature `which` at the image rows: instead of what is there, or on top of it.
  enum class Place : std::uint8_t { kInstead, kOnTop };
  void place(Rows& x, const ReferencePrompt& prompt, std::size_t which, Place how) const {
    std::size_t image_row = 0;
    for (std::size_t t = 0; t < x.count; ++t) {
      if (prompt.ids[t] != config_.image_token) continue;
      for (std::size_t i = 0; i < x.width; ++i) {
        x.at(t, i) = (how == Place::kInstead ? 0.0 : x.at(t, i)) + features_[which].at(image_row, i);
      }
      ++image_row;
    }
  }
  /// Logits of all tokens.
  [[nodiscard]] Rows read(const ReferencePrompt& prompt) {
    const std::size_t hidden = config_.text.hidden;
    const Positions positions = positions_of(prompt);
    const std::string table = "model.language_model.embed_tokens.weight";
    Rows x(prompt.ids.size(), hidden);
    for (std::size_t t = 0; t < x.count; ++t) {
      for (std::size_t i = 0; i < hidden; ++i) {
        x.at(t, i) = layer_.weight(table, static_cast<std::size_t>(prompt.ids[t]) * hidden + i);
      }
    }
    if (!features_.empty()) place(x, prompt, 0, Place::kInstead);
    for (std::size_t i = 0; i < config_.text.layers; ++i) {
      const std::string layer = "model.language_model.layers." + std::to_string(i) + ".";
      add(x, text_attention(layer_.rms_norm(x, layer + "input_layernorm", hidden), i, positions));
      const Rows y = layer_.rms_norm(x, layer + "post_attention_layernorm", hidden);
      Rows gate = layer_.linear(y, layer + "mlp.gate_proj", Bias::kNone);
      const Rows up = layer_.linear(y, layer + "mlp.up_proj", Bias::kNone);
      for (std::size_t j = 0; j < gate.values.size(); ++j) {
        gate.values[j] = gate.values[j] / (1 + std::exp(-gate.values[j])) * up.values[j];
      }
      add(x, layer_.linear(gate, layer + "mlp.down_proj", Bias::kNone));
      tell("text.layer." + std::to_string(i), x, kText);
      if (i + 1 >= features_.size()) continue;
      place(x, prompt, i + 1, Place::kOnTop);
      tell("text.layer." + std::to_string(i) + ".deepstack", x, kText);
    }
    x = layer_.rms_norm(x, "model.language_model.norm", hidden);
    tell("text.final_norm", x, kText);
    return layer_.linear(x, config_.tied ? "model.language_model.embed_tokens" : "lm_head", Bias::kNone);
  }

  NamedLayers layer_;
  const model::CheckpointConfig& config_;
  std::vector<Rows> features_;
  PlainTensors told_;
};

}  // namespace cachebench::torch_model::testing
