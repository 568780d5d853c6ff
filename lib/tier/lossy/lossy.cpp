// SPDX-License-Identifier: Apache-2.0
#include "tier/lossy/lossy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "core/check.h"
#include "core/float_formats.h"

namespace cachebench::tier {
namespace {

constexpr std::uint32_t kInfinity = 0x7F800000;
constexpr std::uint32_t kHalfOverflow = 0x477FF000;      // 65520 rounds to infinity
constexpr std::uint32_t kBfloat16Overflow = 0x7F7F8000;  // half a step above the largest
constexpr float kSmallestRow = 0x1p-100F;
// From here on, 248/256 of the range, rounding to three mantissa bits would leave the tensor's own type.
constexpr float kLargestRow = 0xF8p120F;
constexpr float kLargestHalfRow = 0xF8p8F;
constexpr float kInt8Steps = 127.0F;
constexpr std::size_t kChunk = 2048;  // elements looked at before they are written, within the first cache

struct Rows {
  std::size_t count = 0;
  std::size_t columns = 0;
};

Rows rows_of(const TensorMeta& meta) {
  const std::uint64_t elements = meta.shape.elements();
  const auto dims = meta.shape.dims();
  if (elements == 0) return {};
  const auto columns = dims.empty() ? std::size_t{1} : static_cast<std::size_t>(dims.back());
  return {.count = elements / columns, .columns = columns};
}

bool is_scaled(LossyFormat format) {
  return format == LossyFormat::kInt8 || format == LossyFormat::kE4M3;
}

std::optional<LossyElement> element_of(DType dtype) {
  if (dtype == DType::kF32) return LossyElement::kF32;
  if (dtype == DType::kF16) return LossyElement::kF16;
  if (dtype == DType::kBF16) return LossyElement::kBF16;
  return std::nullopt;
}

struct Scale {
  float scale = 0;  ///< what a code's value is multiplied by; 0 for a row of zeros
  float inverse = 0;
};

// A power of two for fp8, so that scaling itself costs nothing: the largest magnitude comes to lie above 224
// and up to 448.
Scale scale_of(LossyFormat format, float row_max) {
  if (row_max < kSmallestRow) return {};
  if (format == LossyFormat::kInt8) return {.scale = row_max / kInt8Steps, .inverse = kInt8Steps / row_max};
  const auto bits = std::bit_cast<std::uint32_t>(row_max);
  const bool above = (bits & 0x7FFFFFU) > 0x600000U;  // mantissa above 1.75, that of 448
  const std::uint32_t exponent = (bits >> 23) + (above ? 1U : 0U);
  // 2^(e - 8) and its inverse; exponents of rows that are not zeros are from 27 to 255.
  return {.scale = std::bit_cast<float>((exponent - 8) << 23),
          .inverse = std::bit_cast<float>((254 + 8 - exponent) << 23)};
}

LossyOutcome encode_scaled(LossyFormat format, const TensorView& tensor, std::span<std::byte> out,
                           const ElementKernels& kernels) {
  const Rows rows = rows_of(tensor.meta);
  const float limit = tensor.meta.dtype == DType::kF16 ? kLargestHalfRow : kLargestRow;
  const std::size_t row_bytes = rows.columns * size_of(tensor.meta.dtype);
  std::byte* codes = out.data() + rows.count * sizeof(float);
  const auto to_codes = format == LossyFormat::kInt8 ? kernels.to_int8 : kernels.to_e4m3;
  for (std::size_t row = 0; row < rows.count; ++row) {
    const std::byte* elements = tensor.data.data() + row * row_bytes;
    const std::uint32_t largest = kernels.max_magnitude(elements, rows.columns);
    if (largest >= kInfinity) return LossyOutcome::kNotFinite;
    const auto row_max = std::bit_cast<float>(largest);
    if (row_max >= limit) return LossyOutcome::kOutOfRange;
    const Scale scale = scale_of(format, row_max);
    std::memcpy(out.data() + row * sizeof(float), &scale.scale, sizeof(float));
    to_codes(elements, rows.columns, scale.inverse, codes + row * rows.columns);
  }
  return LossyOutcome::kEncoded;
}

void decode_scaled(LossyFormat format, std::span<const std::byte> in, const TensorMeta& meta,
                   std::span<std::byte> out, const ElementKernels& kernels) {
  const Rows rows = rows_of(meta);
  const std::size_t row_bytes = rows.columns * size_of(meta.dtype);
  const std::byte* codes = in.data() + rows.count * sizeof(float);
  const auto from_codes = format == LossyFormat::kInt8 ? kernels.from_int8 : kernels.from_e4m3;
  for (std::size_t row = 0; row < rows.count; ++row) {
    float scale = 0;
    std::memcpy(&scale, in.data() + row * sizeof(float), sizeof(float));
    from_codes(codes + row * rows.columns, rows.columns, scale, out.data() + row * row_bytes);
  }
}

LossyOutcome encode_narrow(LossyFormat format, const TensorView& tensor, std::span<std::byte> out,
                           const LossyKernels& kernels) {
  const bool half = format == LossyFormat::kF16;
  const std::uint32_t overflow = half ? kHalfOverflow : kBfloat16Overflow;
  const std::size_t elements = tensor.data.size() / sizeof(float);
  for (std::size_t at = 0; at < elements; at += kChunk) {
    const std::size_t count = std::min(kChunk, elements - at);
    const std::byte* data = tensor.data.data() + 4 * at;
    if (kernels.any_finite_from(data, count, overflow)) return LossyOutcome::kOutOfRange;
    (half ? kernels.to_half : kernels.to_bfloat16)(data, count, out.data() + 2 * at);
  }
  return LossyOutcome::kEncoded;
}

double relative_step(DType dtype) {
  return dtype == DType::kF16 ? 0x1p-11 : dtype == DType::kBF16 ? 0x1p-8 : 0x1p-23;
}

}  // namespace

std::string_view name_of(LossyFormat format) {
  constexpr std::array<std::string_view, 4> kNames{"fp16", "bf16", "int8", "fp8-e4m3"};
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<LossyFormat> lossy_format_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::kPlain:
      return std::nullopt;
    case Encoding::kF16:
      return LossyFormat::kF16;
    case Encoding::kBF16:
      return LossyFormat::kBF16;
    case Encoding::kInt8:
      return LossyFormat::kInt8;
    case Encoding::kE4M3:
      return LossyFormat::kE4M3;
  }
  CACHEBENCH_CHECK(false, "encoding {}", static_cast<int>(encoding));
}

std::size_t lossy_bytes(LossyFormat format, const TensorMeta& meta) {
  const std::size_t elements = meta.shape.elements();
  if (!is_scaled(format)) return 2 * elements;
  return elements + rows_of(meta).count * sizeof(float);
}

LossyOutcome encode_lossy(LossyFormat format, const TensorView& tensor, std::span<std::byte> out,
                          SimdLevel level) {
  CACHEBENCH_CHECK(tensor.data.size() == tensor.meta.bytes().value, "{} bytes for a tensor of {}",
                   tensor.data.size(), tensor.meta.bytes().value);
  CACHEBENCH_CHECK(out.size() == lossy_bytes(format, tensor.meta), "{} bytes", out.size());
  const auto element = element_of(tensor.meta.dtype);
  if (!element) return LossyOutcome::kUnsupported;
  if (out.size() >= tensor.data.size()) return LossyOutcome::kNotSmaller;
  const LossyKernels& kernels = kernels_of(level);
  return is_scaled(format) ? encode_scaled(format, tensor, out, kernels.at(*element))
                           : encode_narrow(format, tensor, out, kernels);
}

bool decode_lossy(LossyFormat format, std::span<const std::byte> in, const TensorMeta& meta,
                  std::span<std::byte> out, SimdLevel level) {
  const auto element = element_of(meta.dtype);
  const bool fits = out.size() == meta.bytes().value && in.size() == lossy_bytes(format, meta);
  if (!element || !fits || in.size() >= out.size()) return false;
  const LossyKernels& kernels = kernels_of(level);
  if (is_scaled(format)) {
    decode_scaled(format, in, meta, out, kernels.at(*element));
  } else {
    const auto widen = format == LossyFormat::kF16 ? kernels.from_half : kernels.from_bfloat16;
    widen(in.data(), meta.shape.elements(), out.data());
  }
  return true;
}

double lossy_error_bound(LossyFormat format, DType dtype, double value, double row_max) {
  const double magnitude = value < 0 ? -value : value;
  // Rounding to the tensor's type; the second term is half its smallest step.
  const double own = magnitude * relative_step(dtype) + (dtype == DType::kF16 ? 0x1p-25 : 0x1p-140);
  const double slack = row_max * 0x1p-21;  // of the products with the scale
  switch (format) {
    case LossyFormat::kF16:
      return own + magnitude * 0x1p-11 + 0x1p-25;
    case LossyFormat::kBF16:
      return own + magnitude * 0x1p-8 + 0x1p-134;
    case LossyFormat::kInt8:
      if (row_max < kSmallestRow) return magnitude;
      return own + slack + row_max / (2 * kInt8Steps);
    case LossyFormat::kE4M3:
      if (row_max < kSmallestRow) return magnitude;
      // Half a step of three mantissa bits, or of the subnormals, whose step is 2^-9 of codes up to 448.
      return own + slack + std::max(magnitude * 0x1p-4, row_max * 0x1p-10 / 224);
  }
  return 0;
}

}  // namespace cachebench::tier
