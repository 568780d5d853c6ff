// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/model_runner.h"
#include "torch_model/internal/torch_sequence.h"

/// Several prompts in one pass: linear layers take the rows of all, nothing is padded. An item that cannot be
/// done fails alone; where the pass itself fails, its items are tried one by one. Thread-safe.
namespace cachebench::torch_model {

[[nodiscard]] std::vector<model::PrefillOutcome> prefill_batch(const Workplace& at,
                                                               std::span<const model::PrefillItem> items);

/// The exception being handled as the project's own: what the tensor library throws, and memory that is out.
[[nodiscard]] Error current_error();

}  // namespace cachebench::torch_model
