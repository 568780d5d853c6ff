// SPDX-License-Identifier: Apache-2.0
#include "model/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/check.h"
#include "core/det_math.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/nearest.h"

namespace cachebench::model {
namespace {

constexpr std::uint64_t kMaxAspect = 200;

std::int64_t dim(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

// Weights and bias of a linear layer.
std::uint64_t linear(std::uint64_t in, std::uint64_t out) {
  return in * out + out;
}

// Nearest multiple of `step`, halves to the even multiple: Python's round(), which the reference uses.
std::uint64_t round_to_multiple(std::uint64_t value, std::uint64_t step) {
  std::uint64_t quotient = value / step;
  const std::uint64_t twice = 2 * (value % step);
  if (twice > step || (twice == step && quotient % 2 == 1)) ++quotient;
  return quotient * step;
}

std::vector<std::uint64_t> words_of(const VisionConfig& v) {
  return {v.depth,          v.hidden, v.heads,     v.mlp, v.channels,   v.patch,
          v.temporal_patch, v.merge,  v.positions, v.out, v.min_pixels, v.max_pixels};
}

// With the taps last: they are as many as there are.
std::uint64_t digest_of(std::vector<std::uint64_t> words, const VisionConfig& v) {
  words.insert(words.end(), v.taps.begin(), v.taps.end());
  return hash64(std::as_bytes(std::span(words)));
}

std::uint64_t encoder_fingerprint_of(const VisionConfig& v, DType dtype, std::uint64_t weights) {
  std::vector<std::uint64_t> words = words_of(v);
  words.insert(words.end(), {weights, static_cast<std::uint64_t>(dtype)});
  return digest_of(std::move(words), v);
}

std::uint64_t fingerprint_of(const VisionConfig& v, const TextConfig& t, DType dtype) {
  std::vector<std::uint64_t> words = words_of(v);
  words.insert(words.end(), {t.layers, t.hidden, t.heads, t.kv_heads, t.head_dim, t.mlp, t.vocabulary,
                             static_cast<std::uint64_t>(dtype)});
  return digest_of(std::move(words), v);
}

Geometry make_2b() {
  return Geometry("2b",
                  {.depth = 24,
                   .hidden = 1024,
                   .heads = 16,
                   .mlp = 4096,
                   .positions = 2304,
                   .out = 2048,
                   .taps = {5, 11, 17},
                   .min_pixels = 65'536,
                   .max_pixels = 16'777'216},
                  {.layers = 28,
                   .hidden = 2048,
                   .heads = 16,
                   .kv_heads = 8,
                   .head_dim = 128,
                   .mlp = 6144,
                   .vocabulary = 151'936},
                  DType::kBF16);
}

Geometry make_tiny() {
  return Geometry(
      "tiny",
      {.depth = 4,
       .hidden = 48,
       .heads = 3,
       .mlp = 104,
       .positions = 49,
       .out = 56,
       .taps = {0, 2, 3},
       .min_pixels = 4'096,
       .max_pixels = 65'536},
      {.layers = 5, .hidden = 56, .heads = 4, .kv_heads = 2, .head_dim = 32, .mlp = 160, .vocabulary = 512},
      DType::kBF16);
}

}  // namespace

Geometry::Geometry(std::string name, VisionConfig vision, TextConfig text, DType dtype)
    : name_(std::move(name)),
      vision_(std::move(vision)),
      text_(text),
      dtype_(dtype),
      fingerprint_(fingerprint_of(vision_, text_, dtype_)),
      encoder_fingerprint_(fingerprint_) {
  CACHEBENCH_CHECK(vision_.out == text_.hidden, "vision output {} and text hidden {}", vision_.out,
                   text_.hidden);
  CACHEBENCH_CHECK(vision_.taps.size() <= text_.layers, "{} taps, {} layers", vision_.taps.size(),
                   text_.layers);
}

Geometry Geometry::with_weights(const WeightsIdentity& weights) const {
  Geometry known = *this;
  const std::uint64_t words[] = {fingerprint_of(vision_, text_, dtype_), weights.model};
  known.fingerprint_ = hash64(std::as_bytes(std::span(words)));
  known.encoder_fingerprint_ = encoder_fingerprint_of(vision_, dtype_, weights.encoder);
  return known;
}

ImageGrid Geometry::grid_of(std::uint32_t width, std::uint32_t height) const {
  const std::uint64_t w = width;
  const std::uint64_t h = height;
  if (w == 0 || h == 0)
    throw Error(ErrorKind::kInput, fmt::format("an image of {}x{} pixels is empty", w, h));
  if (std::max(w, h) > kMaxAspect * std::min(w, h)) {
    throw Error(ErrorKind::kInput,
                fmt::format("an image of {}x{} pixels has an aspect ratio above {}", w, h, kMaxAspect));
  }
  const std::uint64_t factor = std::uint64_t{vision_.patch} * vision_.merge;
  std::uint64_t out_w = round_to_multiple(w, factor);
  std::uint64_t out_h = round_to_multiple(h, factor);
  const auto step = static_cast<double>(factor);
  const double area = static_cast<double>(w * h);
  const double out_area =
      static_cast<double>(out_w) * static_cast<double>(out_h);  // the integer may overflow
  // The same order of floating-point operations as the reference, so that borders fall the same way.
  if (out_area > static_cast<double>(vision_.max_pixels)) {
    const double scale = det::sqrt(area / static_cast<double>(vision_.max_pixels));
    const auto shrink = [&](std::uint64_t side) {
      const auto multiples = static_cast<std::uint64_t>(static_cast<double>(side) / scale / step);
      return std::max(factor, multiples * factor);
    };
    out_w = shrink(w);
    out_h = shrink(h);
  } else if (out_area < static_cast<double>(vision_.min_pixels)) {
    const double scale = det::sqrt(static_cast<double>(vision_.min_pixels) / area);
    const auto grow = [&](std::uint64_t side) {
      const double exact = static_cast<double>(side) * scale / step;
      auto multiples = static_cast<std::uint64_t>(exact);
      if (static_cast<double>(multiples) < exact) ++multiples;
      return multiples * factor;
    };
    out_w = grow(w);
    out_h = grow(h);
  }
  const std::uint64_t patches = (out_w / vision_.patch) * (out_h / vision_.patch);
  return {.width = static_cast<std::uint32_t>(out_w),
          .height = static_cast<std::uint32_t>(out_h),
          .patches = patches,
          .visual_tokens = patches / (std::uint64_t{vision_.merge} * vision_.merge),
          .position_advance = std::max(out_w, out_h) / factor};
}

std::uint64_t Geometry::patch_embedding_parameters() const {
  return linear(std::uint64_t{vision_.channels} * vision_.temporal_patch * vision_.patch * vision_.patch,
                vision_.hidden);
}

std::uint64_t Geometry::vision_block_parameters() const {
  const std::uint64_t h = vision_.hidden;
  return linear(h, 3 * h) + linear(h, h) + linear(h, vision_.mlp) + linear(vision_.mlp, h) + 4 * h;
}

std::uint64_t Geometry::main_merger_parameters() const {
  const std::uint64_t merged = std::uint64_t{vision_.hidden} * vision_.merge * vision_.merge;
  return linear(merged, merged) + linear(merged, vision_.out) + 2 * std::uint64_t{vision_.hidden};
}

std::uint64_t Geometry::deepstack_merger_parameters() const {
  const std::uint64_t merged = std::uint64_t{vision_.hidden} * vision_.merge * vision_.merge;
  return linear(merged, merged) + linear(merged, vision_.out) + 2 * merged;
}

std::uint64_t Geometry::vision_parameters() const {
  return patch_embedding_parameters() + std::uint64_t{vision_.positions} * vision_.hidden +
         vision_.depth * vision_block_parameters() + main_merger_parameters() +
         vision_.taps.size() * deepstack_merger_parameters();
}

std::uint64_t Geometry::decoder_layer_parameters() const {
  const std::uint64_t h = text_.hidden;
  const std::uint64_t q = std::uint64_t{text_.heads} * text_.head_dim;
  const std::uint64_t kv = std::uint64_t{text_.kv_heads} * text_.head_dim;
  return 2 * h * q + 2 * h * kv + 3 * h * text_.mlp + 2 * h + 2 * std::uint64_t{text_.head_dim};
}

std::uint64_t Geometry::text_parameters() const {
  return std::uint64_t{text_.vocabulary} * text_.hidden + text_.layers * decoder_layer_parameters() +
         text_.hidden;
}

TensorMeta Geometry::pixel_values(std::uint64_t patches) const {
  const std::uint64_t row =
      std::uint64_t{vision_.channels} * vision_.temporal_patch * vision_.patch * vision_.patch;
  return {.shape = {dim(patches), dim(row)}, .dtype = DType::kF32};
}

TensorMeta Geometry::image_embedding(std::uint64_t visual_tokens) const {
  return {.shape = {dim(visual_tokens), vision_.out}, .dtype = dtype_};
}

TensorMeta Geometry::vision_output(std::uint64_t visual_tokens) const {
  return {.shape = {dim(visual_tokens), dim((1 + vision_.taps.size()) * vision_.out)}, .dtype = dtype_};
}

TensorMeta Geometry::hidden_states(std::uint64_t tokens) const {
  return {.shape = {dim(tokens), text_.hidden}, .dtype = dtype_};
}

TensorMeta Geometry::token_ids(std::uint64_t tokens) const {
  return {.shape = {dim(tokens)}, .dtype = DType::kI64};
}

TensorMeta Geometry::pair(std::uint64_t tokens, std::uint64_t visual_tokens) const {
  return {.shape = {dim(tokens + vision_.taps.size() * visual_tokens), text_.hidden}, .dtype = dtype_};
}

TensorMeta Geometry::kv(std::uint64_t tokens) const {
  return {.shape = {2, text_.layers, text_.kv_heads, dim(tokens), text_.head_dim}, .dtype = dtype_};
}

std::uint64_t Geometry::vision_flops(std::uint64_t patches) const {
  const std::uint64_t h = vision_.hidden;
  const std::uint64_t row =
      std::uint64_t{vision_.channels} * vision_.temporal_patch * vision_.patch * vision_.patch;
  const std::uint64_t merge_area = std::uint64_t{vision_.merge} * vision_.merge;
  const std::uint64_t merged = h * merge_area;
  const std::uint64_t per_patch = 2 * row * h + vision_.depth * 2 * (4 * h * h + 2 * h * vision_.mlp);
  const std::uint64_t per_token = (1 + vision_.taps.size()) * 2 * (merged * merged + merged * vision_.out);
  // Scores and weighted values: 2 · N² · hidden each, per block.
  return per_patch * patches + per_token * (patches / merge_area) + vision_.depth * 4 * h * patches * patches;
}

std::uint64_t Geometry::layer_flops(std::uint64_t tokens, std::uint64_t cached) const {
  const std::uint64_t h = text_.hidden;
  const std::uint64_t q = std::uint64_t{text_.heads} * text_.head_dim;
  const std::uint64_t kv = std::uint64_t{text_.kv_heads} * text_.head_dim;
  const std::uint64_t per_token = 2 * (2 * h * q + 2 * h * kv + 3 * h * text_.mlp);
  // Causal: token i of S attends to C + i positions.
  const std::uint64_t attended = tokens * cached + tokens * (tokens + 1) / 2;
  return per_token * tokens + 4 * q * attended;
}

std::uint64_t Geometry::layers_flops(std::uint64_t tokens, std::uint64_t cached) const {
  return text_.layers * layer_flops(tokens, cached);
}

std::uint64_t Geometry::logits_flops() const {
  return 2 * std::uint64_t{text_.vocabulary} * text_.hidden;
}

std::uint64_t Geometry::prefill_flops(std::uint64_t tokens, std::uint64_t cached) const {
  return layers_flops(tokens, cached) + logits_flops();
}

std::uint64_t Geometry::decode_flops(std::uint64_t context) const {
  const std::uint64_t per_position = 4 * std::uint64_t{text_.layers} * text_.heads * text_.head_dim;
  return layers_flops(1, context) - per_position + logits_flops();
}

Bytes Geometry::decode_bytes(std::uint64_t context) const {
  return Bytes{text_parameters() * size_of(dtype_)} + kv_bytes_per_token() * context;
}

Bytes Geometry::vision_scratch(std::uint64_t patches) const {
  return Bytes{vision_.heads * patches * patches * size_of(DType::kF32)};
}

std::vector<std::string> geometry_names() {
  return {"2b", "tiny"};
}

Geometry geometry_named(std::string_view name) {
  if (name == "2b") return make_2b();
  if (name == "tiny") return make_tiny();
  throw Error(ErrorKind::kUsage, unknown_name("model.geometry", name, geometry_names()));
}

}  // namespace cachebench::model
