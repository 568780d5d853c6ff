// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/layers.h"

#include <doctest/doctest.h>

#include "torch_model/tiny_model.h"

using namespace cachebench::torch_model;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::random_tensor;

TEST_CASE(
    "a product with a narrower weight is the product with the weight made wide, in any number of blocks") {
  const at::Tensor x = random_tensor({3, 900}, 1);
  const at::Tensor weight = random_tensor({5000, 900}, 2).to(at::kHalf);  // two blocks of 16 MiB
  const at::Tensor bias = random_tensor({5000}, 3);
  const at::Tensor expected = at::linear(x, weight.to(at::kFloat), bias);
  CHECK(difference(ProductWeight(weight)(x, bias), expected) < 1e-5);
  CHECK(difference(ProductWeight(weight.to(at::kFloat))(x, bias), expected) == 0);
  CHECK(difference(ProductWeight(weight)(x, {}), expected - bias) < 1e-5);
  CHECK((ProductWeight(weight)
             .select(at::tensor(std::vector<std::int64_t>{7}, at::kLong), at::kFloat)
             .scalar_type() == at::kFloat));
}

TEST_CASE("a quantised weight counts as whole numbers times a scale of each channel") {
  const at::Tensor x = random_tensor({4, 30}, 1);
  const at::Tensor weight = random_tensor({20, 30}, 2);
  const at::Tensor scales = weight.abs().amax(1) / 127;
  const at::Tensor quantised =
      at::quantize_per_channel(weight, scales.to(at::kDouble), at::zeros({20}, at::kLong), 0, at::kQInt8);
  const at::Tensor product = ProductWeight(quantised)(x, {});
  CHECK(difference(product, at::linear(x, quantised.dequantize())) < 1e-5);
  CHECK(difference(product, at::linear(x, weight)) < 2e-2);
}
