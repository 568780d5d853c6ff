// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/float_formats.h"

/// The bodies of the device's lossy formats: what one thread of a block does, in code that compiles for host
/// and device alike, so that the processor's own loops can be held against it element by element. Everything
/// is constexpr, which is what makes it callable from a kernel; arithmetic is float32 without fused
/// multiply-add, in the order of lib/tier/lossy, and halves are converted bit by bit: nothing here asks for
/// more than compute capability 6.1. Pure functions; nothing is checked, the caller knows the sizes.
namespace cachebench::tier::cuda {

/// One of `count` threads that share the elements of a row: those whose number is `lane` modulo `count`.
struct Lane {
  std::uint32_t lane = 0;
  std::uint32_t count = 1;
};

/// Why a tensor is not encoded, as bits; 0 where nothing stands against it.
inline constexpr std::uint32_t kNotFinite = 1;
inline constexpr std::uint32_t kOutOfRange = 2;

inline constexpr std::uint32_t kInfinityBits = 0x7F800000U;
inline constexpr std::uint32_t kHalfOverflow = 0x477FF000U;      // 65520 rounds to infinity
inline constexpr std::uint32_t kBfloat16Overflow = 0x7F7F8000U;  // half a step above the largest

// Element types: how one is stored, and the largest magnitude of a row whose codes come back finite.
struct Float32 {
  using Stored = float;
  static constexpr float kLargestRow = 0xF8p120F;
  static constexpr float load(float value) { return value; }
  static constexpr float store(float value) { return value; }
};
struct Float16 {
  using Stored = std::uint16_t;
  static constexpr float kLargestRow = 0xF8p8F;
  static constexpr float load(std::uint16_t bits) { return float_from_half(bits); }
  static constexpr std::uint16_t store(float value) { return half_from_float(value); }
};
struct Bfloat16 {
  using Stored = std::uint16_t;
  static constexpr float kLargestRow = 0xF8p120F;
  static constexpr float load(std::uint16_t bits) { return float_from_bfloat16(bits); }
  static constexpr std::uint16_t store(float value) { return bfloat16_from_float(value); }
};

constexpr std::uint32_t magnitude_bits(float value) {
  return std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU;
}

/// What a row's codes are multiplied by, and its inverse; both 0 for a row of zeros.
struct RowScale {
  float scale = 0;
  float inverse = 0;
};
inline constexpr float kSmallestRow = 0x1p-100F;

// Codes: the scale of a row by its largest magnitude, and one element.
struct Int8Codes {
  using Code = std::int8_t;
  static constexpr RowScale scale_of(float row_max) {
    if (row_max < kSmallestRow) return {};
    return {row_max / 127.0F, 127.0F / row_max};
  }
  static constexpr std::int8_t code(float scaled) {
    constexpr float kShift = 0x1.8p23F;  // to the nearest whole number, ties to even
    return static_cast<std::int8_t>((scaled + kShift) - kShift);
  }
  static constexpr float value(std::int8_t code) { return static_cast<float>(code); }
};
struct E4M3Codes {
  using Code = std::uint8_t;
  static constexpr RowScale scale_of(float row_max) {
    if (row_max < kSmallestRow) return {};
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(row_max);
    const std::uint32_t exponent = (bits >> 23) + ((bits & 0x7FFFFFU) > 0x600000U ? 1U : 0U);
    return {std::bit_cast<float>((exponent - 8) << 23), std::bit_cast<float>((254 + 8 - exponent) << 23)};
  }
  static constexpr std::uint8_t code(float scaled) { return e4m3_from_float(scaled); }
  static constexpr float value(std::uint8_t code) { return float_from_e4m3(code); }
};

/// This lane's share of the largest magnitude of a row, as bits of a float.
template <typename Element>
constexpr std::uint32_t max_magnitude(const typename Element::Stored* row, std::uint64_t columns, Lane lane) {
  std::uint32_t largest = 0;
  for (std::uint64_t i = lane.lane; i < columns; i += lane.count) {
    const std::uint32_t bits = magnitude_bits(Element::load(row[i]));
    if (bits > largest) largest = bits;
  }
  return largest;
}

/// What stands against a row of that largest magnitude.
template <typename Element>
constexpr std::uint32_t refusal_of(std::uint32_t largest) {
  if (largest >= kInfinityBits) return kNotFinite;
  return std::bit_cast<float>(largest) >= Element::kLargestRow ? kOutOfRange : 0;
}

template <typename Element, typename Codes>
constexpr void encode_row(const typename Element::Stored* row, std::uint64_t columns, float inverse,
                          typename Codes::Code* codes, Lane lane) {
  for (std::uint64_t i = lane.lane; i < columns; i += lane.count)
    codes[i] = Codes::code(Element::load(row[i]) * inverse);
}

template <typename Element, typename Codes>
constexpr void decode_row(const typename Codes::Code* codes, std::uint64_t columns, float scale,
                          typename Element::Stored* row, Lane lane) {
  for (std::uint64_t i = lane.lane; i < columns; i += lane.count)
    row[i] = Element::store(Codes::value(codes[i]) * scale);
}

/// float32 to 16 bits; returns what stands against it. Infinities and NaNs stay what they are.
template <typename Element>
constexpr std::uint32_t narrow(const float* values, std::uint64_t count, std::uint32_t overflow,
                               std::uint16_t* out, Lane lane) {
  std::uint32_t refused = 0;
  for (std::uint64_t i = lane.lane; i < count; i += lane.count) {
    const std::uint32_t bits = magnitude_bits(values[i]);
    if (bits >= overflow && bits < kInfinityBits) refused = kOutOfRange;
    out[i] = Element::store(values[i]);
  }
  return refused;
}

template <typename Element>
constexpr void widen(const std::uint16_t* values, std::uint64_t count, float* out, Lane lane) {
  for (std::uint64_t i = lane.lane; i < count; i += lane.count) out[i] = Element::load(values[i]);
}

}  // namespace cachebench::tier::cuda
