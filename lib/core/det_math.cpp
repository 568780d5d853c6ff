// SPDX-License-Identifier: Apache-2.0
#include "core/det_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/check.h"

namespace cachebench::det {
namespace {

// ln 2 in two parts, so that k·ln 2 loses nothing for |k| below 2^20.
constexpr double kLn2Hi = 6.93147180369123816490e-01;
constexpr double kLn2Lo = 1.90821492927058770002e-10;
constexpr double kInvLn2 = 1.44269504088896338700e+00;

double scale(double x, int exponent) {
  // Two steps keep subnormal results right.
  const auto power = [](int e) { return std::bit_cast<double>(static_cast<std::uint64_t>(e + 1023) << 52); };
  const int half = exponent / 2;
  return x * power(half) * power(exponent - half);
}

}  // namespace

double log(double x) {
  CACHEBENCH_CHECK(x > 0 && x <= std::numeric_limits<double>::max(), "log of {}", x);
  int exponent = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1.0p54;
    exponent = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // ln m = 2·atanh(s) = 2(s + s³/3 + s⁵/5 + …), |s| < 0.1716.
  const double s = (m - 1.0) / (m + 1.0);
  const double s2 = s * s;
  double sum = 0;
  for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * s2;
  const double ln_m = 2.0 * s + 2.0 * s * sum;
  return exponent * kLn2Hi + (exponent * kLn2Lo + ln_m);
}

double exp(double x) {
  CACHEBENCH_CHECK(x == x, "exp of {}", x);
  if (x > 709.78) return std::numeric_limits<double>::max();
  if (x < -745.0) return 0;
  const double scaled = x * kInvLn2;
  const int k = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
  const double r = (x - k * kLn2Hi) - k * kLn2Lo;
  double sum = 1;
  for (int n = 14; n >= 1; --n) sum = 1.0 + sum * r / n;
  return scale(sum, k);
}

double pow(double x, double y) {
  return exp(y * log(x));
}

double sqrt(double x) {
  return std::sqrt(x);
}

}  // namespace cachebench::det
