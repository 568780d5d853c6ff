// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/model_runner.h"
#include "torch_model/internal/torch_sequence.h"

/// Several images through the vision tower: linear layers take the patches of all, attention stays inside an
/// image. Images go in groups of at most kPatchesAtOnce, so that activations stay bounded. An image that
/// cannot be done fails alone. Thread-safe.
namespace cachebench::torch_model {

inline constexpr std::int64_t kPatchesAtOnce = 16'384;

[[nodiscard]] std::vector<model::EncodeOutcome> encode_batch(const Workplace& at,
                                                             std::span<const model::Pixels> images);

}  // namespace cachebench::torch_model
