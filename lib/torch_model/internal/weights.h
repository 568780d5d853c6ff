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

/// What is computed in, and what the weights of linear layers are kept in.
struct Precision {
  enum class Linear : std::uint8_t {
    kSame,  ///< as computed
    kHalf,  ///< float16, the embedding too; converted when used
    kInt8,  ///< rounded to -127 … 127 of a scale of each output channel
  };
  at::ScalarType compute = at::kFloat;
  Linear linear = Linear::kSame;
};

enum class Reading : std::uint8_t {
  kMapped,  ///< weights stored in the type asked for are read where they are mapped, others converted
  kCopied,  ///< each into memory of its own; the mapped pages are given up
};
/// Weights of a checkpoint, which outlives the tensors.
[[nodiscard]] WeightSource checkpoint_weights(const model::Checkpoint& checkpoint, const Precision& precision,
                                              Reading reading = Reading::kMapped);

/// Seeded random weights of the published model's scale, each from its own name, so their order of creation
/// does not matter; the same on every machine, and made in their final type. Norm weights are 1, biases 0.
[[nodiscard]] WeightSource random_weights(std::uint64_t seed, const Precision& precision);
/// The same, each made once and then read from a file in `folder`; see spill_file.h.
[[nodiscard]] WeightSource spilled_random_weights(std::uint64_t seed, const Precision& precision,
                                                  const std::string& folder);

}  // namespace cachebench::torch_model
