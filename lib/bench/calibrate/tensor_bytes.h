// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "core/tensor_view.h"

/// Contents that compress and round as a model's hidden states do, to measure codecs with. Deterministic
/// values.
namespace cachebench::bench {

/// float32 rows of a bell-shaped distribution that drifts a little along a row, in 16-bit precision: the
/// lower half of each element is zero, as in artefacts that were computed in bfloat16.
[[nodiscard]] std::vector<std::byte> hidden_states(const TensorMeta& meta);

}  // namespace cachebench::bench
