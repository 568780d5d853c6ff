// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstring>
#include <vector>

#include "core/float_formats.h"
#include "core/rng.h"
#include "core/tensor_view.h"
#include "tier/encoding.h"

/// Tensors that tests of compression work on. Pure functions.
namespace cachebench::testing {

inline constexpr std::array kForms{tier::Encoding::kF16, tier::Encoding::kBF16, tier::Encoding::kInt8,
                                   tier::Encoding::kE4M3};

/// Elements from -4 to 4.
inline std::vector<std::byte> numbers(const TensorMeta& meta, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::byte> data(meta.bytes().value);
  for (std::size_t i = 0; i < meta.shape.elements(); ++i) {
    const auto value = static_cast<float>(rng.uniform() * 8 - 4);
    const std::uint16_t narrow =
        meta.dtype == DType::kF16 ? half_from_float(value) : bfloat16_from_float(value);
    if (meta.dtype == DType::kF32) {
      std::memcpy(&data[4 * i], &value, 4);
    } else {
      std::memcpy(&data[2 * i], &narrow, 2);
    }
  }
  return data;
}

}  // namespace cachebench::testing
