// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/text_decoder.h"

#include <fmt/format.h>

#include "torch_model/internal/attention.h"

namespace cachebench::torch_model {

TextDecoder::TextDecoder(const WeightSource& source, const model::CheckpointConfig& config,
                         at::ScalarType type, ComponentHost* host)
    : config_(config.text),
      taps_(config.vision.taps.size()),
      rope_theta_(config.rope_theta),
      sections_(config.mrope_section),
      type_(type),
      embedding_(source, host, "model.language_model.embed_tokens",
                 [words = config_.vocabulary, hidden = config_.hidden](const WeightSource& from) {
                   return ProductWeight(from("model.language_model.embed_tokens.weight", {words, hidden}));
                 }),
      norm_(source, host, "model.language_model.norm",
            [hidden = config_.hidden, epsilon = config.rms_norm_eps](const WeightSource& from) {
              return RmsNorm(from, "model.language_model.norm", hidden, epsilon);
            }) {
  if (!config.tied) {
    output_.emplace(source, host, "lm_head",
                    [words = config_.vocabulary, hidden = config_.hidden](const WeightSource& from) {
                      return ProductWeight(from("lm_head.weight", {words, hidden}));
                    });
  }
  for (std::uint32_t i = 0; i < config_.layers; ++i) {
    const std::string name = fmt::format("model.language_model.layers.{}", i);
    layers_.emplace_back(source, host, name,
                         [text = config_, epsilon = config.rms_norm_eps, name](const WeightSource& from) {
                           return make_layer(from, text, name + '.', epsilon);
                         });
  }
}

TextDecoder::Layer TextDecoder::make_layer(const WeightSource& source, const model::TextConfig& config,
                                           const std::string& name, double epsilon) {
  const std::int64_t hidden = config.hidden;
  const std::int64_t head = config.head_dim;
  const std::int64_t q_width = config.heads * head;
  const std::int64_t kv_width = config.kv_heads * head;
  return {.input_norm = {source, name + "input_layernorm", hidden, epsilon},
          .post_norm = {source, name + "post_attention_layernorm", hidden, epsilon},
          .q = {source, name + "self_attn.q_proj", hidden, q_width, Bias::kNone},
          .k = {source, name + "self_attn.k_proj", hidden, kv_width, Bias::kNone},
          .v = {source, name + "self_attn.v_proj", hidden, kv_width, Bias::kNone},
          .o = {source, name + "self_attn.o_proj", q_width, hidden, Bias::kNone},
          .q_norm = {source, name + "self_attn.q_norm", head, epsilon},
          .k_norm = {source, name + "self_attn.k_norm", head, epsilon},
          .gate = {source, name + "mlp.gate_proj", hidden, config.mlp, Bias::kNone},
          .up = {source, name + "mlp.up_proj", hidden, config.mlp, Bias::kNone},
          .down = {source, name + "mlp.down_proj", config.mlp, hidden, Bias::kNone}};
}

Rotation TextDecoder::rotation_of(const at::Tensor& positions, at::ScalarType dtype) const {
  const std::int64_t half = config_.head_dim / 2;
  const at::Tensor exponent = at::arange(half, at::kFloat) / static_cast<double>(half);
  const at::Tensor frequencies = at::pow(rope_theta_, exponent).reciprocal();
  // Frequency j turns by T, H, W, T, H, W, … as long as H and W have any left, then by T.
  std::vector<std::int64_t> axis(static_cast<std::size_t>(half), 0);
  for (std::size_t which = 1; which < sections_.size(); ++which) {
    for (std::size_t j = which; j < std::size_t{3} * sections_[which]; j += 3)
      axis[j] = static_cast<std::int64_t>(which);
  }
  const at::Tensor of_frequency =
      positions.to(at::kFloat).index_select(0, at::tensor(axis, at::kLong));  // [half, S]
  const at::Tensor angles = of_frequency.transpose(0, 1) * frequencies;
  const at::Tensor whole = at::cat({angles, angles}, -1);
  return {at::cos(whole).to(dtype), at::sin(whole).to(dtype)};
}

at::Tensor TextDecoder::attend(std::size_t index, const Layer& layer, const at::Tensor& x,
                               const Rotation& rotation, std::span<const SequenceRows> rows) const {
  const std::int64_t tokens = x.size(0);
  const std::int64_t head = config_.head_dim;
  const auto heads_first = [&](const at::Tensor& y) { return y.reshape({tokens, -1, head}); };
  const at::Tensor queries = rotate(layer.q_norm(heads_first(layer.q(x))).transpose(0, 1), rotation);
  const at::Tensor keys = rotate(layer.k_norm(heads_first(layer.k(x))).transpose(0, 1), rotation);
  const at::Tensor values = heads_first(layer.v(x)).transpose(0, 1);
  const auto number = static_cast<std::int64_t>(index);
  std::vector<at::Tensor> parts;
  std::int64_t begin = 0;
  for (const SequenceRows& own : rows) {
    own.sequence->store(number, keys.narrow(1, begin, own.count), values.narrow(1, begin, own.count));
    const KvSequence::KeysValues all = own.sequence->gather(number);
    parts.push_back(
        attention(queries.narrow(1, begin, own.count), all.keys, all.values, Mask::kCausal).transpose(0, 1));
    begin += own.count;
  }
  return layer.o((parts.size() == 1 ? parts.front() : at::cat(parts, 0)).reshape({tokens, -1}));
}

at::Tensor TextDecoder::run(const DecoderInput& input, std::span<const SequenceRows> rows, LayerRange range,
                            const ActivationTap& tap) const {
  at::Tensor x = input.hidden;
  const Rotation rotation = rotation_of(input.positions, x.scalar_type());
  for (std::size_t i = range.first; i < range.end; ++i) {
    const std::shared_ptr<const Layer> layer = layers_[i].get();
    x = x + attend(i, *layer, layer->input_norm(x), rotation, rows);
    const at::Tensor y = layer->post_norm(x);
    x = x + layer->down(at::silu(layer->gate(y)) * layer->up(y));
    tell(tap, fmt::format("text.layer.{}", i), x);
    if (i < input.deepstack.size() && input.image_rows.defined()) {
      x = x.index_add(0, input.image_rows, input.deepstack[i]);
      tell(tap, fmt::format("text.layer.{}.deepstack", i), x);
    }
  }
  return x;
}

at::Tensor TextDecoder::operator()(const DecoderInput& input, KvSequence& sequence,
                                   const ActivationTap& tap) const {
  sequence.extend(input.hidden.size(0));
  const SequenceRows rows{.sequence = &sequence, .count = input.hidden.size(0)};
  const at::Tensor x = final_norm(run(input, {&rows, 1}, {.first = 0, .end = layers_.size()}, tap));
  tell(tap, "text.final_norm", x);
  return x;
}

}  // namespace cachebench::torch_model
