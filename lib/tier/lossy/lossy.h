// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/tensor_view.h"
#include "tier/encoding.h"
#include "tier/lossy/kernels.h"

/// Tensors in fewer bits and back to their own element type, within a stated error: fp16, bf16, int8 with a
/// scale a row, and fp8-e4m3 with a power of two a row; a row is the last dimension. Of float32, float16 and
/// bfloat16 tensors. What would not become smaller or could not be given back within the error is refused by
/// return value and stays as it was: infinities and NaNs in int8 and fp8, values beyond the range in fp16 and
/// bf16 (their own infinities and NaNs are kept). Pure functions; the same bytes with and without AVX2.
namespace cachebench::tier {

enum class LossyFormat : std::uint8_t { kF16, kBF16, kInt8, kE4M3 };
[[nodiscard]] std::string_view name_of(LossyFormat format);
/// Nothing for kPlain.
[[nodiscard]] std::optional<LossyFormat> lossy_format_of(Encoding encoding);

enum class LossyOutcome : std::uint8_t {
  kEncoded,
  kNotSmaller,   ///< empty tensors, rows of one element, a format as wide as the tensor's own
  kNotFinite,    ///< an infinity or a NaN where the format has none
  kOutOfRange,   ///< finite values that could come back infinite: the last 3% of the range
  kUnsupported,  ///< an element type that is no floating-point number
};

/// Bytes of the encoded form: for int8 and fp8 a float32 scale a row, then the codes.
[[nodiscard]] std::size_t lossy_bytes(LossyFormat format, const TensorMeta& meta);

/// Writes lossy_bytes() when kEncoded; else `out` is undefined. REQUIRES: out.size() == lossy_bytes().
[[nodiscard]] LossyOutcome encode_lossy(LossyFormat format, const TensorView& tensor,
                                        std::span<std::byte> out, SimdLevel level = best_simd());

/// False when the sizes do not fit; never reads beyond them, whatever the bytes.
[[nodiscard]] bool decode_lossy(LossyFormat format, std::span<const std::byte> in, const TensorMeta& meta,
                                std::span<std::byte> out, SimdLevel level = best_simd());

/// How far a decoded element may be from `value` in a row whose largest magnitude is `row_max`, the rounding
/// to the tensor's own type included. Rows below 2^-100 in int8 and fp8 become zeros.
[[nodiscard]] double lossy_error_bound(LossyFormat format, DType dtype, double value, double row_max);

}  // namespace cachebench::tier
