// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>

/// The small layers that both halves of the model are made of, as values that hold their weights. Tensors are
/// shared, never written to. Thread-safe to read. Used by .cpp files of this folder alone.
namespace cachebench::torch_model {

/// Where weights come from: by full name, of the shape asked for. Those of linear layers may be of a narrower
/// type than the computation's, or quantised by output channel; all others are in the computation's.
using WeightSource =
    std::function<at::Tensor(const std::string& name, std::initializer_list<std::int64_t> shape)>;

/// Told every named activation of a forward pass; empty when nobody asks.
using ActivationTap = std::function<void(const std::string& name, const at::Tensor& value)>;
inline void tell(const ActivationTap& tap, const std::string& name, const at::Tensor& value) {
  if (tap) tap(name, value);
}

/// A weight [out, in] that rows are multiplied with. Kept as it came; one of another type than the rows is
/// converted block by block, so that never more than kConvertedBytes of it exist twice.
class ProductWeight {
 public:
  static constexpr std::int64_t kConvertedBytes = std::int64_t{16} << 20;

  explicit ProductWeight(const at::Tensor& weight);
  /// rows · weightᵀ + bias, in the type of the rows; `bias` may be undefined.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& rows, const at::Tensor& bias) const;
  /// Rows of it by number, in `type`. REQUIRES: not quantised.
  [[nodiscard]] at::Tensor select(const at::Tensor& numbers, at::ScalarType type) const {
    return weight_.index_select(0, numbers).to(type);
  }

 private:
  [[nodiscard]] at::Tensor converted_product(const at::Tensor& rows) const;

  at::Tensor weight_;
  at::Tensor scale_;  ///< [out], of a quantised weight; else undefined
};

enum class Bias : std::uint8_t { kNone, kThere };

/// x · weightᵀ + bias.
class Linear {
 public:
  Linear(const WeightSource& source, const std::string& name, std::int64_t in, std::int64_t out, Bias bias)
      : weight_(source(name + ".weight", {out, in})) {
    if (bias == Bias::kThere) bias_ = source(name + ".bias", {out});
  }
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const { return weight_(x, bias_); }

 private:
  ProductWeight weight_;
  at::Tensor bias_;  ///< undefined when there is none
};

class LayerNorm {
 public:
  LayerNorm(const WeightSource& source, const std::string& name, std::int64_t width)
      : width_(width), weight_(source(name + ".weight", {width})), bias_(source(name + ".bias", {width})) {}
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const {
    constexpr double kEpsilon = 1e-6;
    return at::layer_norm(x, {width_}, weight_, bias_, kEpsilon);
  }

 private:
  std::int64_t width_;
  at::Tensor weight_;
  at::Tensor bias_;
};

/// Over the last dimension: float32 inside, cast back, then times the weight.
class RmsNorm {
 public:
  RmsNorm(const WeightSource& source, const std::string& name, std::int64_t width, double epsilon)
      : weight_(source(name + ".weight", {width})), epsilon_(epsilon) {}
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor wide = x.to(at::kFloat);
    const at::Tensor scale = at::rsqrt(wide.square().mean(-1, true) + epsilon_);
    return (wide * scale).to(x.scalar_type()) * weight_;
  }

 private:
  at::Tensor weight_;
  double epsilon_;
};

/// Cosines and sines of rotary positions, [tokens, head_dim] each.
struct Rotation {
  at::Tensor cos;
  at::Tensor sin;
};

/// Rotates element j with j + half the width. `x` is [heads, tokens, head_dim].
[[nodiscard]] inline at::Tensor rotate(const at::Tensor& x, const Rotation& by) {
  const auto halves = x.chunk(2, -1);
  return x * by.cos + at::cat({-halves[1], halves[0]}, -1) * by.sin;
}

}  // namespace cachebench::torch_model
