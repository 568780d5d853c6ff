// SPDX-License-Identifier: Apache-2.0
// Bit for bit what the scalar kernels give: every 16-bit value there is, every rounding border, every length
// of the rest behind whole vectors, and unaligned data.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/float_formats.h"
#include "core/rng.h"
#include "tier/lossy/kernels.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

bool is_skipped() {
  if (is_supported(SimdLevel::kAvx2)) return false;
  MESSAGE("skipped: this processor has no AVX2");
  return true;
}

constexpr LossyElement kElements[] = {LossyElement::kF32, LossyElement::kF16, LossyElement::kBF16};

std::vector<std::byte> bytes_of(const std::vector<float>& values, LossyElement element = LossyElement::kF32) {
  const std::size_t width = element == LossyElement::kF32 ? 4 : 2;
  std::vector<std::byte> bytes(width * values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t word =
        element == LossyElement::kF16 ? half_from_float(values[i]) : bfloat16_from_float(values[i]);
    if (element == LossyElement::kF32) {
      std::memcpy(&bytes[4 * i], &values[i], 4);
    } else {
      std::memcpy(&bytes[2 * i], &word, 2);
    }
  }
  return bytes;
}

// `convert(kernels, from, to)` with both, the data one byte off alignment.
template <typename Convert>
void check_equal(const std::vector<std::byte>& input, std::size_t output_bytes, Convert convert) {
  std::vector<std::byte> from{std::byte{0}};
  for (const std::byte byte : input) from.push_back(byte);
  std::vector<std::byte> plain(output_bytes + 1, std::byte{0x5A});
  std::vector<std::byte> fast(output_bytes + 1, std::byte{0x5A});
  convert(scalar_kernels(), from.data() + 1, plain.data() + 1);
  convert(avx2_kernels(), from.data() + 1, fast.data() + 1);
  CHECK(plain == fast);
}

// Bit patterns of every sort: all upper halves with a few lower ones, which takes in NaNs, infinities,
// subnormals and the middles between the narrower formats' values.
std::vector<float> all_sorts() {
  std::vector<float> values;
  for (std::uint32_t upper = 0; upper < 65536; ++upper) {
    for (const std::uint32_t lower :
         {0x0000U, 0x0001U, 0x0FFFU, 0x1000U, 0x1001U, 0x7FFFU, 0x8000U, 0x8001U, 0xF000U}) {
      values.push_back(std::bit_cast<float>(upper << 16 | lower));
    }
  }
  return values;
}

std::vector<float> within(float limit, std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>((rng.uniform() * 2 - 1) * limit));
  return values;
}

}  // namespace

TEST_CASE("AVX2: all halves and bfloat16s widen alike, all sorts of floats narrow alike") {
  if (is_skipped()) return;
  std::vector<std::byte> codes(2 * 65536);
  for (std::uint32_t i = 0; i < 65536; ++i) {
    codes[2 * i] = static_cast<std::byte>(i & 0xFF);
    codes[2 * i + 1] = static_cast<std::byte>(i >> 8);
  }
  check_equal(codes, 4 * 65536, [](const auto& k, auto* from, auto* to) { k.from_half(from, 65536, to); });
  check_equal(codes, 4 * 65536,
              [](const auto& k, auto* from, auto* to) { k.from_bfloat16(from, 65536, to); });
  const std::vector<float> values = all_sorts();
  const std::size_t count = values.size();
  const auto bytes = bytes_of(values);
  check_equal(bytes, 2 * count, [&](const auto& k, auto* from, auto* to) { k.to_half(from, count, to); });
  check_equal(bytes, 2 * count, [&](const auto& k, auto* from, auto* to) { k.to_bfloat16(from, count, to); });
}

TEST_CASE("AVX2: all E4M3 and int8 codes widen alike, to every element type") {
  if (is_skipped()) return;
  std::vector<std::byte> codes(256);
  for (std::size_t i = 0; i < 256; ++i) codes[i] = static_cast<std::byte>(i);
  for (const LossyElement element : kElements) {
    for (const float scale : {1.0F, 0.3F, 0x1p-90F, 0x1p100F, 0.0F}) {
      const std::size_t bytes = element == LossyElement::kF32 ? 1024 : 512;
      check_equal(codes, bytes, [&](const auto& k, auto* from, auto* to) {
        k.at(element).from_e4m3(from, 256, scale, to);
      });
      check_equal(codes, bytes, [&](const auto& k, auto* from, auto* to) {
        k.at(element).from_int8(from, 256, scale, to);
      });
    }
  }
}

TEST_CASE("AVX2: quantising is alike over the range, at the borders and at every length") {
  if (is_skipped()) return;
  std::vector<float> borders;
  for (int eighth = -127 * 8; eighth <= 127 * 8; ++eighth) borders.push_back(static_cast<float>(eighth) / 8);
  for (unsigned code = 0; code < 0x7E; ++code) {
    const float low = float_from_e4m3(static_cast<std::uint8_t>(code));
    const float middle = (low + float_from_e4m3(static_cast<std::uint8_t>(code + 1))) / 2;
    for (const float value : {low, middle, std::nextafter(middle, 0.0F), std::nextafter(middle, 500.0F)}) {
      borders.push_back(value);
      borders.push_back(-value);
    }
  }
  borders.push_back(448.0F);
  borders.push_back(-0.0F);
  const auto check = [](LossyElement element, const std::vector<float>& values, float int8, float e4m3) {
    const auto bytes = bytes_of(values, element);
    const std::size_t count = values.size();
    check_equal(bytes, count,
                [&](const auto& k, auto* from, auto* to) { k.at(element).to_int8(from, count, int8, to); });
    check_equal(bytes, count,
                [&](const auto& k, auto* from, auto* to) { k.at(element).to_e4m3(from, count, e4m3, to); });
  };
  for (const LossyElement element : kElements) {
    for (std::size_t length = 0; length < 100; ++length)
      check(element, within(126, length, length), 1.0F, 3.5F);
    check(element, borders, 0.25F, 1.0F);
  }
}

TEST_CASE("AVX2: every 16-bit element of a range quantises alike") {
  if (is_skipped()) return;
  for (const LossyElement element : {LossyElement::kF16, LossyElement::kBF16}) {
    std::vector<std::byte> words;
    for (unsigned bits = 0; bits < 65536; ++bits) {
      const auto word = static_cast<std::uint16_t>(bits);
      const float value = element == LossyElement::kF16 ? float_from_half(word) : float_from_bfloat16(word);
      if (!(std::abs(value) <= 127)) continue;
      words.push_back(static_cast<std::byte>(bits & 0xFF));
      words.push_back(static_cast<std::byte>(bits >> 8));
    }
    const std::size_t count = words.size() / 2;
    check_equal(words, count,
                [&](const auto& k, auto* from, auto* to) { k.at(element).to_int8(from, count, 1.0F, to); });
    check_equal(words, count,
                [&](const auto& k, auto* from, auto* to) { k.at(element).to_e4m3(from, count, 3.5F, to); });
  }
}

TEST_CASE("AVX2: searches see the same, wherever it stands") {
  if (is_skipped()) return;
  for (std::size_t length = 1; length < 70; ++length) {
    for (const float odd :
         {-5.0F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      std::vector<float> values = within(1, length, length);
      values[length * 7 % length] = 0.5F;
      values[(length * 31 + 3) % length] = odd;
      for (const LossyElement element : kElements) {
        const auto elements = bytes_of(values, element);
        CHECK(scalar_kernels().at(element).max_magnitude(elements.data(), length) ==
              avx2_kernels().at(element).max_magnitude(elements.data(), length));
      }
      const auto bytes = bytes_of(values);
      const auto low = std::bit_cast<std::uint32_t>(2.0F);
      CHECK(scalar_kernels().any_finite_from(bytes.data(), length, low) ==
            avx2_kernels().any_finite_from(bytes.data(), length, low));
    }
  }
}
