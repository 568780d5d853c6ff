// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/tensor_view.h"
#include "model/checkpoint.h"
#include "torch_model/internal/layers.h"

/// Weights as tensors, and views of host memory as tensors.
namespace cachebench::torch_model {

[[nodiscard]] at::ScalarType scalar_type_of(DType dtype);

/// A tensor over the view's memory where its alignment allows, else a copy. Not to be written to; the memory
/// outlives it.
[[nodiscard]] at::Tensor tensor_over(const TensorView& view);

/// Weights of a checkpoint in `dtype`: those stored so are read where they are mapped, others converted. The
/// checkpoint outlives the tensors.
[[nodiscard]] WeightSource checkpoint_weights(const model::Checkpoint& checkpoint, at::ScalarType dtype);

/// Seeded random weights of the published model's scale, each from its own name, so their order of creation
/// does not matter; the same on every machine. Norm weights are 1, biases 0.
[[nodiscard]] WeightSource random_weights(std::uint64_t seed, at::ScalarType dtype);

}  // namespace cachebench::torch_model
