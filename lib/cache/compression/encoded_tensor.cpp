// SPDX-License-Identifier: Apache-2.0
#include "cache/compression/encoded_tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/check.h"
#include "core/float_formats.h"

namespace cachebench::cache {
namespace {

using tier::Encoding;
using tier::LossyFormat;

bool is_float(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

float element_at(DType dtype, std::span<const std::byte> data, std::size_t index) {
  if (dtype == DType::kF32) {
    float value = 0;
    std::memcpy(&value, data.data() + 4 * index, 4);
    return value;
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, data.data() + 2 * index, 2);
  return dtype == DType::kF16 ? float_from_half(bits) : float_from_bfloat16(bits);
}

std::size_t columns_of(const TensorMeta& meta) {
  const auto dims = meta.shape.dims();
  return dims.empty() ? 1 : static_cast<std::size_t>(dims.back());
}

double magnitude(double value) {
  return value < 0 ? -value : value;
}

std::uint64_t count_different(std::size_t width, std::span<const std::byte> expected,
                              std::span<const std::byte> got) {
  if (expected.empty() || std::memcmp(expected.data(), got.data(), expected.size()) == 0) return 0;
  std::uint64_t different = 0;
  for (std::size_t at = 0; at < expected.size(); at += width)
    different += std::memcmp(expected.data() + at, got.data() + at, width) == 0 ? 0U : 1U;
  return different;
}

std::uint64_t count_beyond_in_row(const TensorView& expected, std::span<const std::byte> got,
                                  std::size_t first, const Passes& passes) {
  const DType dtype = expected.meta.dtype;
  const std::size_t columns = columns_of(expected.meta);
  double row_max = 0;
  for (std::size_t i = first; i < first + columns; ++i) {
    const double value = magnitude(element_at(dtype, expected.data, i));
    if (std::isfinite(value)) row_max = std::max(row_max, value);
  }
  std::uint64_t beyond = 0;
  for (std::size_t i = first; i < first + columns; ++i) {
    const double value = element_at(dtype, expected.data, i);
    const double other = element_at(dtype, got, i);
    const bool fine = std::isfinite(value) ? magnitude(value - other) <= passes.bound(dtype, value, row_max)
                      : std::isnan(value)  ? std::isnan(other)
                                           : value == other;
    beyond += fine ? 0U : 1U;
  }
  return beyond;
}

}  // namespace

std::string_view name_of(Encoding encoding) {
  const auto format = format_of(encoding);
  return format ? tier::name_of(*format) : "plain";
}

std::optional<LossyFormat> format_of(Encoding encoding) {
  return tier::lossy_format_of(encoding);
}

Encoding encoding_of(LossyFormat format) {
  return static_cast<Encoding>(static_cast<int>(format) + 1);
}
static_assert(static_cast<int>(LossyFormat::kF16) + 1 == static_cast<int>(Encoding::kF16) &&
              static_cast<int>(LossyFormat::kE4M3) + 1 == static_cast<int>(Encoding::kE4M3));

Bytes stored_bytes(Encoding encoding, const TensorMeta& meta) {
  const auto format = format_of(encoding);
  return format ? Bytes{tier::lossy_bytes(*format, meta)} : meta.bytes();
}

bool shrinks(Encoding encoding, const TensorMeta& meta) {
  return encoding != Encoding::kPlain && is_float(meta.dtype) && stored_bytes(encoding, meta) < meta.bytes();
}

bool encode(Encoding encoding, const TensorView& tensor, std::span<std::byte> out) {
  const auto format = format_of(encoding);
  CACHEBENCH_CHECK(format.has_value(), "there is nothing to encode");
  return tier::encode_lossy(*format, tensor, out) == tier::LossyOutcome::kEncoded;
}

bool decode(Encoding encoding, std::span<const std::byte> in, const TensorMeta& meta,
            std::span<std::byte> out) {
  const auto format = format_of(encoding);
  CACHEBENCH_CHECK(format.has_value(), "there is nothing to decode");
  return tier::decode_lossy(*format, in, meta, out);
}

void Passes::add(Encoding encoding) {
  std::uint8_t& count = counts_[static_cast<std::size_t>(encoding)];
  if (encoding != Encoding::kPlain && count != std::numeric_limits<std::uint8_t>::max()) ++count;
}

bool Passes::none() const {
  return std::all_of(counts_.begin(), counts_.end(), [](std::uint8_t count) { return count == 0; });
}

double Passes::bound(DType dtype, double value, double row_max) const {
  double sum = 0;
  unsigned passes = 0;
  for (std::size_t i = 1; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const LossyFormat format = *format_of(static_cast<Encoding>(i));
    sum += counts_[i] * tier::lossy_error_bound(format, dtype, value, row_max);
    passes += counts_[i];
  }
  return passes > 1 ? 1.25 * sum : sum;
}

std::uint64_t count_beyond(const TensorView& expected, std::span<const std::byte> got, const Passes& passes) {
  CACHEBENCH_CHECK(expected.data.size() == got.size(), "{} bytes of {}", got.size(), expected.data.size());
  if (passes.none() || !is_float(expected.meta.dtype))
    return count_different(size_of(expected.meta.dtype), expected.data, got);
  const std::size_t elements = expected.meta.shape.elements();
  std::uint64_t beyond = 0;
  for (std::size_t first = 0; first < elements; first += columns_of(expected.meta))
    beyond += count_beyond_in_row(expected, got, first, passes);
  return beyond;
}

double largest_bound(const TensorView& decoded, const Passes& passes) {
  const DType dtype = decoded.meta.dtype;
  const std::size_t elements = is_float(dtype) ? decoded.meta.shape.elements() : 0;
  const std::size_t columns = columns_of(decoded.meta);
  double largest = 0;
  for (std::size_t first = 0; first < elements; first += columns) {
    double row_max = 0;  // the bound grows with the value, and with the row's largest
    for (std::size_t i = first; i < first + columns; ++i) {
      const double value = magnitude(element_at(dtype, decoded.data, i));
      if (std::isfinite(value)) row_max = std::max(row_max, value);
    }
    largest = std::max(largest, passes.bound(dtype, row_max, row_max));
  }
  return largest;
}

Difference difference(const TensorView& expected, std::span<const std::byte> got) {
  CACHEBENCH_CHECK(expected.data.size() == got.size(), "{} bytes of {}", got.size(), expected.data.size());
  Difference result;
  if (!is_float(expected.meta.dtype)) return result;
  for (std::size_t i = 0; i < expected.meta.shape.elements(); ++i) {
    const double value = element_at(expected.meta.dtype, expected.data, i);
    const double error = magnitude(value - element_at(expected.meta.dtype, got, i));
    if (!std::isfinite(value) || !std::isfinite(error)) continue;
    ++result.compared;
    result.max_error = std::max(result.max_error, error);
    result.error_sum += error * error;
    result.square_sum += value * value;
  }
  return result;
}

}  // namespace cachebench::cache
