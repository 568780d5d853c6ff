// SPDX-License-Identifier: Apache-2.0
#include "image/phash.h"

#include <algorithm>
#include <array>
#include <vector>

#include "image/resize.h"

namespace cachebench::image {
namespace {

constexpr std::uint32_t kSide = 32;
constexpr std::uint32_t kLow = 8;  // frequencies kept on each axis
constexpr int kTableBits = 20;
constexpr int kDroppedBits = 10;

// cos(π·n/64) for n up to 32 by its Taylor series, when this file is compiled.
constexpr double cosine(int n) {
  const double x = 3.14159265358979323846 * n / 64;
  double term = 1;
  double sum = 1;
  for (int k = 1; k <= 14; ++k) {
    term *= -x * x / ((2 * k - 1) * (2 * k));
    sum += term;
  }
  return sum;
}

// cos(π·n/64) · 2^20, rounded, for any n. Mirrored exactly, so that what cancels in theory does here.
constexpr std::int64_t table_cosine(unsigned n) {
  n %= 128;
  if (n > 64) n = 128 - n;
  const bool negative = n > 32;
  if (negative) n = 64 - n;
  if (n == 32) return 0;
  const auto twice = static_cast<std::int64_t>(cosine(static_cast<int>(n)) * (2 << kTableBits));
  const std::int64_t value = (twice + 1) / 2;
  return negative ? -value : value;
}

// Row k: cos(π·(2x+1)·k/64), the DCT-II over 32 points.
constexpr auto kBasis = [] {
  std::array<std::array<std::int64_t, kSide>, kLow> basis{};
  for (unsigned k = 0; k < kLow; ++k) {
    for (unsigned x = 0; x < kSide; ++x) basis[k][x] = table_cosine((2 * x + 1) * k);
  }
  return basis;
}();

// Rounded away from zero at halves, so that opposite values stay opposite.
std::int64_t drop_bits(std::int64_t value) {
  constexpr std::int64_t kHalf = std::int64_t{1} << (kDroppedBits - 1);
  return value >= 0 ? (value + kHalf) >> kDroppedBits : -((-value + kHalf) >> kDroppedBits);
}

// Values below 2^20; 2^45 after the rows, 2^35 without the dropped bits, 2^60 after the columns.
std::array<std::int64_t, kLow * kLow> low_frequencies(const std::vector<std::int64_t>& grid) {
  std::array<std::array<std::int64_t, kSide>, kLow> by_row{};  // [frequency across][row]
  for (std::uint32_t y = 0; y < kSide; ++y) {
    for (std::uint32_t k = 0; k < kLow; ++k) {
      std::int64_t sum = 0;
      for (std::uint32_t x = 0; x < kSide; ++x) sum += kBasis[k][x] * grid[y * kSide + x];
      by_row[k][y] = drop_bits(sum);
    }
  }
  std::array<std::int64_t, kLow * kLow> result{};
  for (std::uint32_t down = 0; down < kLow; ++down) {
    for (std::uint32_t across = 0; across < kLow; ++across) {
      std::int64_t sum = 0;
      for (std::uint32_t y = 0; y < kSide; ++y) sum += kBasis[down][y] * by_row[across][y];
      result[down * kLow + across] = sum;
    }
  }
  return result;
}

}  // namespace

std::uint64_t phash(const Image& image) {
  const auto coefficients = low_frequencies(luma_grid(image, {kSide, kSide}));
  auto sorted = coefficients;
  std::sort(sorted.begin(), sorted.end());
  const std::int64_t twice_median = sorted[31] + sorted[32];
  std::uint64_t bits = 0;
  for (const std::int64_t value : coefficients) bits = bits << 1 | (2 * value > twice_median ? 1U : 0U);
  return bits;
}

}  // namespace cachebench::image
