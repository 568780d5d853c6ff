// SPDX-License-Identifier: Apache-2.0
#include "core/float_formats.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/rng.h"

using namespace cachebench;

namespace {

// The value of a format's bits by its definition.
double value_of(unsigned bits, int mantissa_bits, int bias, int exponent_bits) {
  const unsigned mantissa = bits & ((1U << mantissa_bits) - 1);
  const unsigned exponent = bits >> mantissa_bits & ((1U << exponent_bits) - 1);
  const double sign = (bits >> (mantissa_bits + exponent_bits) & 1U) != 0 ? -1.0 : 1.0;
  const double fraction = std::ldexp(mantissa, -mantissa_bits);
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1 + fraction, static_cast<int>(exponent) - bias);
}

// Values of the format without sign, increasing, by code.
std::vector<double> ladder(unsigned codes, int mantissa_bits, int bias, int exponent_bits) {
  std::vector<double> values;
  for (unsigned code = 0; code < codes; ++code) {
    values.push_back(value_of(code, mantissa_bits, bias, exponent_bits));
  }
  return values;
}

// Floats around every value and every midpoint between two neighbours: the midpoint itself goes to the even
// code.
template <typename Encode>
void check_rounding(const std::vector<double>& values, Encode encode) {
  for (std::size_t code = 0; code + 1 < values.size(); ++code) {
    const auto here = static_cast<float>(values[code]);
    const auto middle = static_cast<float>((values[code] + values[code + 1]) / 2);
    const float inf = std::numeric_limits<float>::infinity();
    CHECK(encode(here) == code);
    CHECK(encode(std::nextafter(here, inf)) == code);
    CHECK(encode(middle) == (code % 2 == 0 ? code : code + 1));
    CHECK(encode(std::nextafter(middle, 0.0F)) == code);
    CHECK(encode(std::nextafter(middle, inf)) == code + 1);
  }
}

}  // namespace

TEST_CASE("every half there is becomes its value and comes back") {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_from_half(half);
    if ((bits & 0x7FFFU) > 0x7C00U) {
      CHECK(std::isnan(value));
      CHECK(half_from_float(value) == (half | 0x200U));
      continue;
    }
    if ((bits & 0x7FFFU) == 0x7C00U) {
      CHECK(std::isinf(value));
    } else {
      CHECK(static_cast<double>(value) == value_of(bits, 10, 15, 5));
    }
    CHECK(std::signbit(value) == (bits >= 0x8000));
    CHECK(half_from_float(value) == half);
  }
}

TEST_CASE("floats round to the nearest half, ties to even") {
  check_rounding(ladder(0x7C00, 10, 15, 5), half_from_float);
  CHECK(half_from_float(65519.996F) == 0x7BFF);
  CHECK(half_from_float(65520.0F) == 0x7C00);
  CHECK(half_from_float(-1e30F) == 0xFC00);
  CHECK(half_from_float(0x1p-25F) == 0);
  CHECK(half_from_float(std::nextafter(0x1p-25F, 1.0F)) == 1);
  CHECK(half_from_float(-0.0F) == 0x8000);
}

TEST_CASE("every bfloat16 there is comes back, and floats round to the nearest") {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto code = static_cast<std::uint16_t>(bits);
    const float value = float_from_bfloat16(code);
    CHECK(bfloat16_from_float(value) == (std::isnan(value) ? code | 0x40U : code));
  }
  std::vector<double> values;
  for (unsigned bits = 0; bits < 0x7F80; bits += 1) {
    values.push_back(float_from_bfloat16(static_cast<std::uint16_t>(bits)));
  }
  check_rounding(values, bfloat16_from_float);
  CHECK(bfloat16_from_float(std::numeric_limits<float>::max()) == 0x7F80);
  // A NaN whose upper half alone would be an infinity stays a NaN.
  CHECK(bfloat16_from_float(std::bit_cast<float>(0x7F800001U)) == 0x7FC0);
}

TEST_CASE("every E4M3 code there is becomes its value and comes back") {
  for (unsigned code = 0; code < 256; ++code) {
    const float value = float_from_e4m3(static_cast<std::uint8_t>(code));
    if ((code & 0x7FU) == 0x7FU) {
      CHECK(std::isnan(value));
    } else {
      CHECK(static_cast<double>(value) == value_of(code, 3, 7, 4));
    }
    CHECK(e4m3_from_float(value) == code);
  }
}

TEST_CASE("floats round to the nearest E4M3, beyond the range to the largest") {
  check_rounding(ladder(0x7F, 3, 7, 4), e4m3_from_float);
  CHECK(e4m3_from_float(448.0F) == 0x7E);
  CHECK(e4m3_from_float(1e9F) == 0x7E);
  CHECK(e4m3_from_float(-std::numeric_limits<float>::infinity()) == 0xFE);
  CHECK(e4m3_from_float(0x1p-10F) == 0);
  CHECK(e4m3_from_float(-0.0F) == 0x80);
  CHECK(e4m3_from_float(std::numeric_limits<float>::denorm_min()) == 0);
}
