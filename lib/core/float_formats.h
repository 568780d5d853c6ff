// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

/// Small floating-point formats bit by bit: IEEE binary16, bfloat16 and the 8-bit E4M3 of the OCP
/// specification (no infinities, one NaN, largest value 448). Rounding is to nearest, ties to even. The first
/// two give what the processor's own instructions give, NaNs included (they become quiet and keep their upper
/// payload). Pure functions without a table or libm.
namespace cachebench {

[[nodiscard]] constexpr std::uint16_t half_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint32_t>(bits >> 16 & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  std::uint32_t result = 0;
  if (magnitude > 0x7F800000U) {
    result = 0x7E00U | (magnitude >> 13 & 0x3FFU);
  } else if (magnitude >= 0x477FF000U) {  // 65520 and above round to infinity
    result = 0x7C00U;
  } else if (magnitude >= 0x38800000U) {  // normal, from 2^-14
    const std::uint32_t rounded = magnitude + 0xFFFU + (magnitude >> 13 & 1U);
    result = (rounded - (112U << 23)) >> 13;
  } else {
    // Adding 1/2 moves the last place of a subnormal half to the last place of the sum.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    result = std::bit_cast<std::uint32_t>(sum) - std::bit_cast<std::uint32_t>(0.5F);
  }
  return static_cast<std::uint16_t>(sign | result);
}

[[nodiscard]] constexpr float float_from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t magnitude = half & 0x7FFFU;
  if (magnitude > 0x7C00U) return std::bit_cast<float>(sign | 0x7FC00000U | (magnitude & 0x3FFU) << 13);
  if (magnitude == 0x7C00U) return std::bit_cast<float>(sign | 0x7F800000U);
  if (magnitude >= 0x400U) return std::bit_cast<float>(sign | ((magnitude << 13) + (112U << 23)));
  const float value = static_cast<float>(magnitude) * 0x1p-24F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

[[nodiscard]] constexpr std::uint16_t bfloat16_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

[[nodiscard]] constexpr float float_from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

inline constexpr float kE4M3Max = 448.0F;

/// What is beyond the range, infinities included, becomes the largest value of its sign.
[[nodiscard]] constexpr std::uint8_t e4m3_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 24 & 0x80U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  std::uint32_t result = 0;
  if (magnitude > 0x7F800000U) {
    result = 0x7FU;
  } else if (magnitude >= std::bit_cast<std::uint32_t>(kE4M3Max)) {
    result = 0x7EU;
  } else if (magnitude >= 0x3C800000U) {  // normal, from 2^-6
    const std::uint32_t rounded = magnitude + 0x7FFFFU + (magnitude >> 20 & 1U);
    result = (rounded >> 20) - (120U << 3);
  } else {
    // Adding 2^14 moves the last place of a subnormal to the last place of the sum.
    const float sum = std::bit_cast<float>(magnitude) + 16384.0F;
    result = std::bit_cast<std::uint32_t>(sum) - std::bit_cast<std::uint32_t>(16384.0F);
  }
  return static_cast<std::uint8_t>(sign | result);
}

[[nodiscard]] constexpr float float_from_e4m3(std::uint8_t code) {
  const std::uint32_t sign = (code & 0x80U) << 24;
  const std::uint32_t magnitude = code & 0x7FU;
  if (magnitude == 0x7FU) return std::bit_cast<float>(sign | 0x7FC00000U);
  if (magnitude >= 8U) return std::bit_cast<float>(sign | ((magnitude << 20) + (120U << 23)));
  const float value = static_cast<float>(magnitude) * 0x1p-9F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

}  // namespace cachebench
