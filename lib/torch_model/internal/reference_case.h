// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>

#include "model/model_check.h"
#include "model/safetensors.h"
#include "torch_model/internal/qwen3_vl.h"

/// One reference case: a prompt with its images, and the activations that another program computed for it.
/// The tower is fed the reference's own pixel values, so that a different resampler does not count as an
/// error of the model; recomputed ones are compared apart. Throws Error{kInput} for a file that is no case.
namespace cachebench::torch_model {

/// By the reference's names: everything the forward pass told, K/V, logits and the greedy continuation.
using Activations = std::map<std::string, at::Tensor>;

class ReferenceCase {
 public:
  explicit ReferenceCase(const std::string& path);

  /// Runs the case.
  [[nodiscard]] Activations run(const Qwen3VL& model) const;
  /// Compares with the file, in its order of names.
  [[nodiscard]] model::CaseCheck compare(const Activations& computed) const;

 private:
  [[nodiscard]] Prompt prompt() const;
  void recompute_pixels(const model::CheckpointConfig& config, Activations& out) const;
  void decode_greedily(const Qwen3VL& model, const at::Tensor& last, KvSequence& sequence,
                       Activations& out) const;

  model::SafeTensors file_;
};

}  // namespace cachebench::torch_model
