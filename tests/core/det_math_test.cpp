// SPDX-License-Identifier: Apache-2.0
#include "core/det_math.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/rng.h"

namespace det = cachebench::det;

namespace {

double relative_error(double got, long double want) {
  return static_cast<double>(std::fabs((static_cast<long double>(got) - want) / want));
}

// A positive normal double with a uniform exponent in [from, to).
double any_double(cachebench::Rng& rng, int from, int to) {
  const auto exponent = from + static_cast<int>(rng.below(static_cast<std::uint64_t>(to - from)));
  return std::ldexp(1.0 + rng.uniform(), exponent);
}

}  // namespace

TEST_CASE("log agrees with the wider library function over the whole range") {
  cachebench::Rng rng(1);
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const double x = any_double(rng, -1022, 1023);
    worst = std::max(worst, relative_error(det::log(x), std::log(static_cast<long double>(x))));
  }
  CHECK(worst < 1e-14);
}

TEST_CASE("log keeps its relative accuracy near one and below the normal range") {
  cachebench::Rng rng(2);
  double worst = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = 1.0 + (rng.uniform() - 0.5) * std::ldexp(1.0, -static_cast<int>(rng.below(50)));
    if (x == 1.0) continue;
    worst = std::max(worst, relative_error(det::log(x), std::log(static_cast<long double>(x))));
  }
  CHECK(worst < 1e-14);
  CHECK(det::log(1.0) == 0.0);
  const double tiny = std::numeric_limits<double>::denorm_min();
  CHECK(relative_error(det::log(tiny), std::log(static_cast<long double>(tiny))) < 1e-14);
}

TEST_CASE("exp agrees with the wider library function and clamps at both ends") {
  cachebench::Rng rng(3);
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const double x = (rng.uniform() * 2 - 1) * 708;
    worst = std::max(worst, relative_error(det::exp(x), std::exp(static_cast<long double>(x))));
  }
  CHECK(worst < 1e-14);
  CHECK(det::exp(0) == 1.0);
  CHECK(det::exp(1e9) == std::numeric_limits<double>::max());
  CHECK(det::exp(-1e9) == 0.0);
  CHECK(det::exp(-740) > 0.0);
}

TEST_CASE("pow agrees with the wider library function for the exponents of popularity laws") {
  cachebench::Rng rng(4);
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const double x = 1.0 + rng.uniform() * 1e6;
    const double y = (rng.uniform() * 2 - 1) * 1.4;
    worst = std::max(worst, relative_error(det::pow(x, y), std::pow(static_cast<long double>(x),
                                                                    static_cast<long double>(y))));
  }
  CHECK(worst < 1e-14);
  CHECK(det::pow(7.0, 0.0) == 1.0);
}

TEST_CASE("the bits themselves are fixed") {
  // The generated workloads depend on these; a change here changes every trace.
  CHECK(std::bit_cast<std::uint64_t>(det::sqrt(2.0)) == 0x3FF6A09E667F3BCDULL);
  std::uint64_t folded = 0;
  cachebench::Rng rng(5);
  for (int i = 0; i < 10000; ++i) {
    const double x = any_double(rng, -20, 20);
    folded = cachebench::splitmix64(folded ^ std::bit_cast<std::uint64_t>(det::log(x)));
    folded = cachebench::splitmix64(folded ^ std::bit_cast<std::uint64_t>(det::exp(1.0 / x)));
    folded = cachebench::splitmix64(folded ^ std::bit_cast<std::uint64_t>(det::pow(x, 0.9)));
  }
  CHECK(folded == 4471616359199693494ULL);
}
