// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "core/float_formats.h"
#include "core/rng.h"
#include "tier/lossy/kernels.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

const std::byte* bytes_of(const std::vector<float>& values) {
  return std::as_bytes(std::span(values)).data();
}

}  // namespace

TEST_CASE("the largest magnitude, with and without what is not finite") {
  const ElementKernels& kernels = scalar_kernels().at(LossyElement::kF32);
  CHECK(kernels.max_magnitude(nullptr, 0) == 0);
  const std::vector<float> values{1.0F, -3.5F, 2.0F};
  CHECK(std::bit_cast<float>(kernels.max_magnitude(bytes_of(values), 3)) == 3.5F);
  const std::vector<float> infinite{1.0F, -std::numeric_limits<float>::infinity()};
  CHECK(kernels.max_magnitude(bytes_of(infinite), 2) == 0x7F800000);
  const std::vector<float> none{std::numeric_limits<float>::quiet_NaN(), 1.0F};
  CHECK(kernels.max_magnitude(bytes_of(none), 2) > 0x7F800000);
}

TEST_CASE("finite values from a bound on") {
  const LossyKernels& kernels = scalar_kernels();
  const std::uint32_t bound = std::bit_cast<std::uint32_t>(100.0F);
  const std::vector<float> values{1.0F, -99.0F, std::numeric_limits<float>::infinity()};
  CHECK(!kernels.any_finite_from(bytes_of(values), 3, bound));
  const std::vector<float> beyond{1.0F, -100.0F};
  CHECK(kernels.any_finite_from(bytes_of(beyond), 2, bound));
  CHECK(!kernels.any_finite_from(nullptr, 0, bound));
}

TEST_CASE("int8 rounds to the nearest, ties to even, and comes back times the scale") {
  std::vector<float> values;
  for (int quarter = -4 * 127; quarter <= 4 * 127; ++quarter)
    values.push_back(static_cast<float>(quarter) / 4);
  std::vector<std::byte> codes(values.size());
  scalar_kernels().at(LossyElement::kF32).to_int8(bytes_of(values), values.size(), 1.0F, codes.data());
  std::vector<float> back(values.size());
  scalar_kernels()
      .at(LossyElement::kF32)
      .from_int8(codes.data(), codes.size(), 0.5F, std::as_writable_bytes(std::span(back)).data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(static_cast<float>(static_cast<std::int8_t>(codes[i])) == std::nearbyint(values[i]));
    CHECK(back[i] == std::nearbyint(values[i]) * 0.5F);
  }
}

TEST_CASE("the other formats are those of core/float_formats.h") {
  Rng rng(1);
  std::vector<float> values;
  for (int i = 0; i < 500; ++i) values.push_back(static_cast<float>(rng.uniform() * 800 - 400));
  std::vector<std::byte> out(2 * values.size());
  const auto word = [&](std::size_t i) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(out[2 * i]) |
                                      std::to_integer<unsigned>(out[2 * i + 1]) << 8);
  };
  scalar_kernels().to_half(bytes_of(values), values.size(), out.data());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(word(i) == half_from_float(values[i]));
  scalar_kernels().to_bfloat16(bytes_of(values), values.size(), out.data());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(word(i) == bfloat16_from_float(values[i]));
  scalar_kernels().at(LossyElement::kF32).to_e4m3(bytes_of(values), values.size(), 0.5F, out.data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(std::to_integer<std::uint8_t>(out[i]) == e4m3_from_float(values[i] * 0.5F));
  }
}

TEST_CASE("16-bit elements are read and written as their values") {
  const float values[] = {-2.0F, 0.5F, 127.0F};
  for (const LossyElement element : {LossyElement::kF16, LossyElement::kBF16}) {
    const ElementKernels& kernels = scalar_kernels().at(element);
    std::vector<std::uint16_t> words;
    for (const float value : values) {
      words.push_back(element == LossyElement::kF16 ? half_from_float(value) : bfloat16_from_float(value));
    }
    const std::byte* elements = std::as_bytes(std::span(words)).data();
    CHECK(std::bit_cast<float>(kernels.max_magnitude(elements, 3)) == 127.0F);
    std::vector<std::byte> codes(3);
    kernels.to_int8(elements, 3, 1.0F, codes.data());
    CHECK(std::to_integer<std::int8_t>(codes[0]) == -2);
    CHECK(std::to_integer<std::int8_t>(codes[1]) == 0);
    CHECK(std::to_integer<std::int8_t>(codes[2]) == 127);
    std::vector<std::uint16_t> back(3);
    kernels.from_int8(codes.data(), 3, 0.25F, std::as_writable_bytes(std::span(back)).data());
    CHECK(back[0] == (element == LossyElement::kF16 ? half_from_float(-0.5F) : bfloat16_from_float(-0.5F)));
    kernels.to_e4m3(elements, 3, 2.0F, codes.data());
    CHECK(std::to_integer<std::uint8_t>(codes[1]) == e4m3_from_float(1.0F));
    kernels.from_e4m3(codes.data(), 3, 0.5F, std::as_writable_bytes(std::span(back)).data());
    CHECK(back[1] == words[1]);
  }
}
