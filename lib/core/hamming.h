// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

/// The distance of similarity codes (perceptual hash, SimHash): bits in which they differ. A pure function.
namespace cachebench {

inline constexpr int kCodeBits = 64;

[[nodiscard]] constexpr int hamming_distance(std::uint64_t a, std::uint64_t b) {
  return std::popcount(a ^ b);
}

}  // namespace cachebench
