// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tier/device/cuda/quantise_kernels.h"

/// The bodies of the kernels that compare int8 rows without decoding them: dot products of a query's codes
/// with those of every row, summed in 32-bit integers, times both scales. Four products go into a sum at
/// once, by an operation that the caller names: dp4a on the device (compute capability 6.1 and newer),
/// `PlainDot4` on the processor. Integer sums are the same in any order, so the scores are the processor's to
/// the bit. Pure functions; the caller knows the sizes. REQUIRES: at most kMostColumns a row, or a sum could
/// overflow.
namespace cachebench::tier::cuda {

inline constexpr std::uint64_t kMostColumns = 131'071;  // of products up to 128 * 128

/// Four int8 numbers of a word with those of another, added to `sum`.
struct PlainDot4 {
  constexpr std::int32_t operator()(std::uint32_t a, std::uint32_t b, std::int32_t sum) const {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      sum += static_cast<std::int32_t>(static_cast<std::int8_t>(a >> shift)) *
             static_cast<std::int32_t>(static_cast<std::int8_t>(b >> shift));
    }
    return sum;
  }
};

/// This lane's share of the dot product of two rows of `words` words.
template <typename Dot4>
constexpr std::int32_t dot_words(const std::uint32_t* a, const std::uint32_t* b, std::uint64_t words,
                                 Lane lane, Dot4 dot4) {
  std::int32_t sum = 0;
  for (std::uint64_t i = lane.lane; i < words; i += lane.count) sum = dot4(a[i], b[i], sum);
  return sum;
}

/// The same by single codes, for rows that do not begin and end with whole words.
constexpr std::int32_t dot_bytes(const std::int8_t* a, const std::int8_t* b, std::uint64_t count, Lane lane) {
  std::int32_t sum = 0;
  for (std::uint64_t i = lane.lane; i < count; i += lane.count) {
    sum += static_cast<std::int32_t>(a[i]) * static_cast<std::int32_t>(b[i]);
  }
  return sum;
}

constexpr float score_of(std::int32_t sum, float row_scale, float query_scale) {
  return static_cast<float>(sum) * (row_scale * query_scale);
}

/// A warp takes a row, and a block as many rows as it has warps.
inline constexpr std::uint32_t kWarp = 32;
inline constexpr std::uint32_t kRowsPerBlock = 8;

}  // namespace cachebench::tier::cuda
