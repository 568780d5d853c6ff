// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

/// Scaled dot-product attention. LibTorch 2 has it fused; with 1.13 it is computed eagerly in chunks of rows,
/// so that the scores of a large image never take more than kScratchBytes. Softmax is in float32 either way.
/// Pure functions.
namespace cachebench::torch_model {

inline constexpr std::int64_t kScratchBytes = std::int64_t{64} << 20;

enum class Mask : std::uint8_t {
  kNone,    ///< every query sees every key
  kCausal,  ///< the queries are the last ones of the keys' positions; each sees what is not after it
};

/// `queries` [heads, S, d], `keys` and `values` [groups, T, d] with heads a multiple of groups, S <= T; the
/// result is as the queries. Heads of one group follow one another. Scale 1/√d.
[[nodiscard]] at::Tensor attention(const at::Tensor& queries, const at::Tensor& keys,
                                   const at::Tensor& values, Mask mask);

/// The eager form with as many groups as heads, for tests to hold the fused one against. `scratch_bytes`
/// bounds the scores held at once.
[[nodiscard]] at::Tensor eager_attention(const at::Tensor& queries, const at::Tensor& keys,
                                         const at::Tensor& values, Mask mask, std::int64_t scratch_bytes);

}  // namespace cachebench::torch_model
