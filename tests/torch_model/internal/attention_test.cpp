// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/attention.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "torch_model/tiny_model.h"

using namespace cachebench::torch_model;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::random_tensor;

namespace {

// Element by element, in double.
at::Tensor slow(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, Mask mask) {
  const std::int64_t rows = q.size(1);
  const std::int64_t keys = k.size(1);
  at::Tensor out = at::zeros_like(q);
  for (std::int64_t h = 0; h < q.size(0); ++h) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t seen = mask == Mask::kCausal ? keys - rows + i + 1 : keys;
      std::vector<double> weights;
      double sum = 0;
      for (std::int64_t j = 0; j < seen; ++j) {
        const double score = (q[h][i].to(at::kDouble) * k[h][j].to(at::kDouble)).sum().item<double>();
        weights.push_back(std::exp(score / std::sqrt(static_cast<double>(q.size(2)))));
        sum += weights.back();
      }
      for (std::int64_t j = 0; j < seen; ++j)
        out[h][i] += v[h][j] * (weights[static_cast<std::size_t>(j)] / sum);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("attention is its definition, in any number of chunks, fused or not") {
  for (const std::int64_t rows : {1, 5, 9}) {
    const at::Tensor q = random_tensor({3, rows, 8}, 1);
    const at::Tensor k = random_tensor({3, 9, 8}, 2);
    const at::Tensor v = random_tensor({3, 9, 8}, 3);
    for (const Mask mask : {Mask::kNone, Mask::kCausal}) {
      const at::Tensor expected = slow(q, k, v, mask);
      CHECK(difference(attention(q, k, v, mask), expected) < 1e-5);
      for (const std::int64_t scratch : {1, 3 * 9 * 4, 3 * 9 * 4 * 2, 1 << 20}) {
        CHECK(difference(eager_attention(q, k, v, mask, scratch), expected) < 1e-5);
      }
    }
  }
}

TEST_CASE("heads of a group share its keys, whether one query comes or many") {
  for (const std::int64_t rows : {1, 4, 6}) {
    const at::Tensor q = random_tensor({6, rows, 8}, 1);
    const at::Tensor k = random_tensor({2, 6, 8}, 2);
    const at::Tensor v = random_tensor({2, 6, 8}, 3);
    const at::Tensor expected = slow(q, k.repeat_interleave(3, 0), v.repeat_interleave(3, 0), Mask::kCausal);
    CHECK(difference(attention(q, k, v, Mask::kCausal), expected) < 1e-5);
  }
}
