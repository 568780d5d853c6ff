// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "core/rng.h"
#include "model/checkpoint.h"
#include "torch_model/internal/weights.h"

/// What the tests of the model share: the tiny geometry with seeded weights, and seeded inputs.
namespace cachebench::torch_model::testing {

inline model::CheckpointConfig tiny_config() {
  return model::config_without_weights(model::geometry_named("tiny"));
}

/// Larger than the initialiser's, so that a fault shows: after layers of tiny weights everything is near 0.
inline WeightSource tiny_weights(std::uint64_t seed = 1) {
  const WeightSource plain = random_weights(seed, Precision{});
  return [plain](const std::string& name, std::initializer_list<std::int64_t> shape) {
    const at::Tensor weight = plain(name, shape);
    return name.find("norm") == std::string::npos ? weight * 5 : weight;
  };
}

inline at::Tensor random_tensor(std::initializer_list<std::int64_t> shape, std::uint64_t seed) {
  at::Tensor values = at::empty(at::IntArrayRef(shape.begin(), shape.size()), at::kFloat);
  Rng rng(seed);
  float* out = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) out[i] = static_cast<float>(2 * rng.uniform() - 1);
  return values;
}

/// Largest difference over the largest magnitude of the second.
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max().clamp_min(1e-30)).item<double>();
}

}  // namespace cachebench::torch_model::testing
