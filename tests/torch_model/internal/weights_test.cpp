// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/weights.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

using namespace cachebench;
using namespace cachebench::torch_model;

TEST_CASE("an aligned view is read where it lies, another is copied") {
  alignas(8) std::array<std::byte, 16> memory{};
  const float value = 1.5F;
  std::memcpy(memory.data(), &value, sizeof(value));
  std::memcpy(memory.data() + 5, &value, sizeof(value));
  const TensorMeta meta{.shape = {1}, .dtype = DType::kF32};
  const at::Tensor over = tensor_over({.meta = meta, .data = std::span<const std::byte>(memory).first(4)});
  CHECK((over.data_ptr() == static_cast<const void*>(memory.data())));
  CHECK(over.item<float>() == 1.5F);
  CHECK(tensor_over({.meta = meta, .data = std::span<const std::byte>(memory).subspan(5, 4)}).item<float>() ==
        1.5F);
  CHECK(tensor_over({.meta = {.shape = {0, 3}, .dtype = DType::kF32}, .data = {}}).numel() == 0);
}

TEST_CASE("every element type has its own") {
  CHECK((scalar_type_of(DType::kBF16) == at::kBFloat16));
  CHECK((scalar_type_of(DType::kF16) == at::kHalf));
  CHECK((scalar_type_of(DType::kI64) == at::kLong));
  CHECK((scalar_type_of(DType::kU8) == at::kByte));
  CHECK((scalar_type_of(DType::kI8) == at::kChar));
}

TEST_CASE("random weights depend on name and seed alone, and have the published spread") {
  const WeightSource a = random_weights(1, {});
  const at::Tensor x = a("x.weight", {64, 64});
  static_cast<void>(a("y.weight", {3}));
  CHECK(at::equal(a("x.weight", {64, 64}), x));
  CHECK_FALSE(at::equal(a("z.weight", {64, 64}), x));
  CHECK_FALSE(at::equal(random_weights(2, {})("x.weight", {64, 64}), x));
  CHECK(x.std().item<double>() == doctest::Approx(0.02).epsilon(0.05));
  CHECK(at::equal(a("q_norm.weight", {4}), at::ones({4})));
  CHECK(at::equal(a("fc.bias", {4}), at::zeros({4})));
}

TEST_CASE("random weights of a narrow type are the wide ones rounded; large layers alone are narrowed") {
  const at::Tensor wide = random_weights(1, {})("a.mlp.up_proj.weight", {33, 7});
  const Precision bf16{.compute = at::kBFloat16};
  CHECK(at::equal(random_weights(1, bf16)("a.mlp.up_proj.weight", {33, 7}), wide.to(at::kBFloat16)));
  const Precision half{.linear = Precision::Linear::kHalf};
  CHECK(at::equal(random_weights(1, half)("a.mlp.up_proj.weight", {33, 7}), wide.to(at::kHalf)));
  CHECK((random_weights(1, half)("model.visual.pos_embed.weight", {4, 7}).scalar_type() == at::kFloat));
  CHECK((random_weights(1, half)("a.embed_tokens.weight", {4, 7}).scalar_type() == at::kHalf));
  const Precision int8{.linear = Precision::Linear::kInt8};
  const at::Tensor quantised = random_weights(1, int8)("a.mlp.up_proj.weight", {33, 7});
  CHECK(quantised.is_quantized());
  const at::Tensor step = wide.abs().amax(1, true) / 127;
  CHECK(((quantised.dequantize() - wide).abs() <= step * 0.501).all().item<bool>());
  CHECK_FALSE(random_weights(1, int8)("a.embed_tokens.weight", {4, 7}).is_quantized());
}
