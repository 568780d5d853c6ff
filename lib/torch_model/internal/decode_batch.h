// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/model_runner.h"
#include "torch_model/internal/torch_sequence.h"

/// One more token of several sequences in one pass: linear layers take the rows of all, nothing is padded. An
/// item that cannot be done fails alone; where the pass itself fails, its items are tried one by one.
/// Thread-safe on different sequences.
namespace cachebench::torch_model {

[[nodiscard]] std::vector<model::DecodeOutcome> decode_batch(const Workplace& at,
                                                             std::span<const model::DecodeItem> items);

}  // namespace cachebench::torch_model
