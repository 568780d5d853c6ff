// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cstring>

#include "core/float_formats.h"
#include "tier/lossy/kernels.h"

namespace cachebench::tier {
namespace {

template <typename Value>
Value load(const std::byte* from, std::size_t index) {
  Value value;
  std::memcpy(&value, from + index * sizeof(Value), sizeof(Value));
  return value;
}

template <typename Value>
void store(std::byte* to, std::size_t index, Value value) {
  std::memcpy(to + index * sizeof(Value), &value, sizeof(Value));
}

template <LossyElement kElement>
float load_element(const std::byte* from, std::size_t index) {
  if constexpr (kElement == LossyElement::kF32) return load<float>(from, index);
  const auto bits = load<std::uint16_t>(from, index);
  return kElement == LossyElement::kF16 ? float_from_half(bits) : float_from_bfloat16(bits);
}

template <LossyElement kElement>
void store_element(std::byte* to, std::size_t index, float value) {
  if constexpr (kElement == LossyElement::kF32) return store(to, index, value);
  store(to, index, kElement == LossyElement::kF16 ? half_from_float(value) : bfloat16_from_float(value));
}

std::uint32_t magnitude_of(float value) {
  return std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU;
}

// To the nearest whole number, ties to even, for magnitudes below 2^22.
float rounded(float value) {
  constexpr float kShift = 0x1.8p23F;
  return (value + kShift) - kShift;
}

template <LossyElement kElement>
struct Loops {
  static std::uint32_t max_magnitude(const std::byte* elements, std::size_t count) {
    std::uint32_t largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      largest = std::max(largest, magnitude_of(load_element<kElement>(elements, i)));
    }
    return largest;
  }
  static void to_int8(const std::byte* elements, std::size_t count, float inverse, std::byte* codes) {
    for (std::size_t i = 0; i < count; ++i) {
      store(codes, i, static_cast<std::int8_t>(rounded(load_element<kElement>(elements, i) * inverse)));
    }
  }
  static void from_int8(const std::byte* codes, std::size_t count, float scale, std::byte* elements) {
    for (std::size_t i = 0; i < count; ++i) {
      store_element<kElement>(elements, i, static_cast<float>(load<std::int8_t>(codes, i)) * scale);
    }
  }
  static void to_e4m3(const std::byte* elements, std::size_t count, float inverse, std::byte* codes) {
    for (std::size_t i = 0; i < count; ++i) {
      store(codes, i, e4m3_from_float(load_element<kElement>(elements, i) * inverse));
    }
  }
  static void from_e4m3(const std::byte* codes, std::size_t count, float scale, std::byte* elements) {
    for (std::size_t i = 0; i < count; ++i) {
      store_element<kElement>(elements, i, float_from_e4m3(load<std::uint8_t>(codes, i)) * scale);
    }
  }
  static constexpr ElementKernels kKernels{.max_magnitude = max_magnitude,
                                           .to_int8 = to_int8,
                                           .from_int8 = from_int8,
                                           .to_e4m3 = to_e4m3,
                                           .from_e4m3 = from_e4m3};
};

bool any_finite_from(const std::byte* floats, std::size_t count, std::uint32_t low) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t magnitude = magnitude_of(load<float>(floats, i));
    if (magnitude >= low && magnitude < 0x7F800000U) return true;
  }
  return false;
}

void to_half(const std::byte* floats, std::size_t count, std::byte* out) {
  for (std::size_t i = 0; i < count; ++i) store(out, i, half_from_float(load<float>(floats, i)));
}

void from_half(const std::byte* halves, std::size_t count, std::byte* floats) {
  for (std::size_t i = 0; i < count; ++i) store(floats, i, float_from_half(load<std::uint16_t>(halves, i)));
}

void to_bfloat16(const std::byte* floats, std::size_t count, std::byte* out) {
  for (std::size_t i = 0; i < count; ++i) store(out, i, bfloat16_from_float(load<float>(floats, i)));
}

void from_bfloat16(const std::byte* values, std::size_t count, std::byte* floats) {
  for (std::size_t i = 0; i < count; ++i)
    store(floats, i, float_from_bfloat16(load<std::uint16_t>(values, i)));
}

constexpr LossyKernels kKernels{
    .of = {Loops<LossyElement::kF32>::kKernels, Loops<LossyElement::kF16>::kKernels,
           Loops<LossyElement::kBF16>::kKernels},
    .any_finite_from = any_finite_from,
    .to_half = to_half,
    .from_half = from_half,
    .to_bfloat16 = to_bfloat16,
    .from_bfloat16 = from_bfloat16};

}  // namespace

const LossyKernels& scalar_kernels() {
  return kKernels;
}

}  // namespace cachebench::tier
