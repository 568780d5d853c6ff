// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/attention.h"

#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace cachebench::torch_model {
namespace {

/// Which of `keys` positions the queries from `first` on may not see: [rows, keys], true where hidden.
at::Tensor hidden_keys(std::int64_t first, std::int64_t rows, std::int64_t keys, const at::Tensor& like) {
  const auto options = like.options().dtype(at::kLong);
  const at::Tensor query = at::arange(first, first + rows, options).unsqueeze(1);
  return at::arange(keys, options).unsqueeze(0) > query;
}

}  // namespace

at::Tensor eager_attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                           Mask mask, std::int64_t scratch_bytes) {
  const std::int64_t heads = queries.size(0);
  const std::int64_t total = queries.size(1);
  const std::int64_t all_keys = keys.size(1);
  const double scale = 1.0 / std::sqrt(static_cast<double>(queries.size(2)));
  constexpr std::int64_t kScoreBytes = 4;
  const std::int64_t rows = std::clamp<std::int64_t>(
      scratch_bytes / std::max<std::int64_t>(heads * all_keys * kScoreBytes, 1), 1, total);
  const at::Tensor keys_transposed = keys.transpose(1, 2);
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < total; begin += rows) {
    const std::int64_t count = std::min(rows, total - begin);
    at::Tensor scores = (at::matmul(queries.narrow(1, begin, count), keys_transposed) * scale).to(at::kFloat);
    if (mask == Mask::kCausal) {
      scores.masked_fill_(hidden_keys(all_keys - total + begin, count, all_keys, queries),
                          -std::numeric_limits<float>::infinity());
    }
    parts.push_back(at::matmul(at::softmax(scores, -1).to(values.scalar_type()), values));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 1);
}

namespace {

#if TORCH_VERSION_MAJOR >= 2
/// A mask of all pairs is made where it is small; a long prompt after a cached prefix goes in chunks.
at::Tensor same_heads(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                      Mask mask) {
  const std::int64_t rows = queries.size(1);
  const std::int64_t all_keys = keys.size(1);
  const bool causal = mask == Mask::kCausal && rows > 1;
  at::Tensor seen;
  if (causal && rows < all_keys) {
    if (rows * all_keys > kScratchBytes) return eager_attention(queries, keys, values, mask, kScratchBytes);
    seen = hidden_keys(all_keys - rows, rows, all_keys, queries).logical_not();
  }
  const bool square = causal && rows == all_keys;
  return at::scaled_dot_product_attention(queries.unsqueeze(0), keys.unsqueeze(0), values.unsqueeze(0),
                                          seen.defined() ? std::optional<at::Tensor>(seen) : std::nullopt,
                                          0.0, square)
      .squeeze(0);
}
#else
at::Tensor same_heads(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                      Mask mask) {
  return eager_attention(queries, keys, values, mask, kScratchBytes);
}
#endif

}  // namespace

at::Tensor attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, Mask mask) {
  const std::int64_t groups = keys.size(0);
  const std::int64_t heads_of_group = queries.size(0) / groups;
  if (heads_of_group == 1) return same_heads(queries, keys, values, mask);
  if (queries.size(1) == 1) {
    // One query sees every key, so the heads of a group are rows before the same keys: nothing is repeated.
    const at::Tensor rows = queries.reshape({groups, heads_of_group, queries.size(2)});
    return same_heads(rows, keys, values, Mask::kNone).reshape(queries.sizes());
  }
  return same_heads(queries, keys.repeat_interleave(heads_of_group, 0),
                    values.repeat_interleave(heads_of_group, 0), mask);
}

}  // namespace cachebench::torch_model
