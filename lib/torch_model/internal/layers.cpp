// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/layers.h"

#include <algorithm>
#include <vector>

namespace cachebench::torch_model {

ProductWeight::ProductWeight(const at::Tensor& weight)
    : weight_(weight.is_quantized() ? weight.int_repr() : weight) {
  if (weight.is_quantized()) scale_ = weight.q_per_channel_scales().to(at::kFloat);
}

at::Tensor ProductWeight::converted_product(const at::Tensor& rows) const {
  const std::int64_t out = weight_.size(0);
  const std::int64_t row_bytes = weight_.size(1) * static_cast<std::int64_t>(rows.element_size());
  const std::int64_t block = std::clamp<std::int64_t>(kConvertedBytes / std::max<std::int64_t>(row_bytes, 1),
                                                      1, std::max<std::int64_t>(out, 1));
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < out; begin += block) {
    const at::Tensor piece = weight_.narrow(0, begin, std::min(block, out - begin));
    parts.push_back(at::linear(rows, piece.to(rows.scalar_type())));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, -1);
}

at::Tensor ProductWeight::operator()(const at::Tensor& rows, const at::Tensor& bias) const {
  if (weight_.scalar_type() == rows.scalar_type()) return at::linear(rows, weight_, bias);
  at::Tensor product = converted_product(rows);
  // Whole numbers up to 127 are exact in every type, so the scale is the only rounding of a quantised weight.
  if (scale_.defined()) product = product * scale_.to(rows.scalar_type());
  return bias.defined() ? product + bias : product;
}

}  // namespace cachebench::torch_model
