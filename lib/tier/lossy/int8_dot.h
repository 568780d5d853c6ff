// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "tier/lossy/kernels.h"

/// Dot products of int8 codes without decoding them: the processor's side of the kernels in
/// tier/device/cuda/similarity.cu, with the same sums at every level, as integers add up alike in any order.
/// Pure. REQUIRES: equal sizes, of at most 131,071.
namespace cachebench::tier {

[[nodiscard]] std::int32_t int8_dot(std::span<const std::int8_t> a, std::span<const std::int8_t> b,
                                    SimdLevel level = best_simd());

}  // namespace cachebench::tier
