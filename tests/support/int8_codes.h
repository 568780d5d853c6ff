// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/rng.h"

/// Rows of int8 codes, all 256 values alike.
namespace cachebench::testing {

inline std::vector<std::int8_t> int8_codes(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::int8_t> result(count);
  for (std::int8_t& one : result) one = static_cast<std::int8_t>(static_cast<int>(rng.below(256)) - 128);
  return result;
}

}  // namespace cachebench::testing
