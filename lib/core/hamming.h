// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>

/// The distance of similarity codes (perceptual hash, SimHash): bits in which they differ. A pure function.
namespace cachebench {

inline constexpr int kCodeBits = 64;

[[nodiscard]] constexpr int hamming_distance(std::uint64_t a, std::uint64_t b) {
  return std::popcount(a ^ b);
}

/// 256 bits for a second look at what the 64 find.
using FineCode = std::array<std::uint64_t, 4>;
inline constexpr int kFineCodeBits = 256;

[[nodiscard]] constexpr int hamming_distance(const FineCode& a, const FineCode& b) {
  int distance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) distance += hamming_distance(a[i], b[i]);
  return distance;
}

}  // namespace cachebench
