// SPDX-License-Identifier: Apache-2.0
#include "image/phash.h"

#include <algorithm>
#include <array>
#include <vector>

#include "image/resize.h"

namespace cachebench::image {
namespace {

constexpr int kTableBits = 20;
constexpr int kDroppedBits = 10;

/// What a hash is made of: means over a square of areas, and of their frequencies the lowest on each axis.
struct Shape {
  std::uint32_t side;
  std::uint32_t low;
};
constexpr Shape kCoarse{.side = 32, .low = 8};
constexpr Shape kFine{.side = 64, .low = 16};

// cos(π·n/half) for n up to half / 2 by its Taylor series, when this file is compiled.
constexpr double cosine(unsigned n, unsigned half) {
  const double x = 3.14159265358979323846 * n / half;
  double term = 1;
  double sum = 1;
  for (int k = 1; k <= 14; ++k) {
    term *= -x * x / ((2 * k - 1) * (2 * k));
    sum += term;
  }
  return sum;
}

// cos(π·n/half) · 2^20, rounded, for any n. Mirrored exactly, so that what cancels in theory does here.
constexpr std::int64_t table_cosine(unsigned n, unsigned half) {
  n %= 2 * half;
  if (n > half) n = 2 * half - n;
  const bool negative = n > half / 2;
  if (negative) n = half - n;
  if (n == half / 2) return 0;
  const auto twice = static_cast<std::int64_t>(cosine(n, half) * (2 << kTableBits));
  const std::int64_t value = (twice + 1) / 2;
  return negative ? -value : value;
}

// Row k: cos(π·(2x+1)·k/(2·side)), the DCT-II over as many points as a side has.
template <Shape kShape>
constexpr auto kBasis = [] {
  std::array<std::array<std::int64_t, kShape.side>, kShape.low> basis{};
  for (unsigned k = 0; k < kShape.low; ++k) {
    for (unsigned x = 0; x < kShape.side; ++x) basis[k][x] = table_cosine((2 * x + 1) * k, 2 * kShape.side);
  }
  return basis;
}();

// Rounded away from zero at halves, so that opposite values stay opposite.
std::int64_t drop_bits(std::int64_t value) {
  constexpr std::int64_t kHalf = std::int64_t{1} << (kDroppedBits - 1);
  return value >= 0 ? (value + kHalf) >> kDroppedBits : -((-value + kHalf) >> kDroppedBits);
}

// Values below 2^20; over 64 points 2^46 after the rows, 2^36 without the dropped bits, 2^62 after the
// columns.
template <Shape kShape>
auto low_frequencies(const std::vector<std::int64_t>& grid) {
  constexpr auto& kRows = kBasis<kShape>;
  std::array<std::array<std::int64_t, kShape.side>, kShape.low> by_row{};  // [frequency across][row]
  for (std::uint32_t y = 0; y < kShape.side; ++y) {
    for (std::uint32_t k = 0; k < kShape.low; ++k) {
      std::int64_t sum = 0;
      for (std::uint32_t x = 0; x < kShape.side; ++x) sum += kRows[k][x] * grid[y * kShape.side + x];
      by_row[k][y] = drop_bits(sum);
    }
  }
  std::array<std::int64_t, std::size_t{kShape.low} * kShape.low> result{};
  for (std::uint32_t down = 0; down < kShape.low; ++down) {
    for (std::uint32_t across = 0; across < kShape.low; ++across) {
      std::int64_t sum = 0;
      for (std::uint32_t y = 0; y < kShape.side; ++y) sum += kRows[down][y] * by_row[across][y];
      result[down * kShape.low + across] = sum;
    }
  }
  return result;
}

// A bit for each frequency above the median, in words of 64.
template <Shape kShape>
auto hash_of(const Image& image) {
  const auto coefficients = low_frequencies<kShape>(luma_grid(image, {kShape.side, kShape.side}));
  auto sorted = coefficients;
  std::sort(sorted.begin(), sorted.end());
  const std::int64_t twice_median = sorted[sorted.size() / 2 - 1] + sorted[sorted.size() / 2];
  std::array<std::uint64_t, coefficients.size() / 64> words{};
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    words[i / 64] = words[i / 64] << 1 | (2 * coefficients[i] > twice_median ? 1U : 0U);
  }
  return words;
}

}  // namespace

std::uint64_t phash(const Image& image) {
  return hash_of<kCoarse>(image)[0];
}

FineCode fine_phash(const Image& image) {
  return hash_of<kFine>(image);
}

}  // namespace cachebench::image
