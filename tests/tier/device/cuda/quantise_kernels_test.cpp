// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/quantise_kernels.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "core/rng.h"
#include "tier/lossy/lossy.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

constexpr std::uint32_t kThreads = 256;

// Elements of every magnitude, with what is special among them now and then.
template <typename Element>
std::vector<typename Element::Stored> elements_of(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<typename Element::Stored> values(count);
  for (auto& value : values) {
    const auto exponent = static_cast<std::uint32_t>(100 + rng.below(40));
    const auto bits = static_cast<std::uint32_t>(rng.below(2)) << 31 | exponent << 23 |
                      static_cast<std::uint32_t>(rng.below(1U << 23));
    value = Element::store(rng.below(40) == 0 ? 0.0F : std::bit_cast<float>(bits));
  }
  return values;
}

struct Encoded {
  std::uint32_t refused = 0;
  std::vector<std::byte> bytes;
};

// As the blocks of the kernel do, one row after the other.
template <typename Element, typename Codes>
Encoded on_the_device(const std::vector<typename Element::Stored>& values, std::size_t columns) {
  const std::size_t rows = values.size() / columns;
  Encoded out;
  std::vector<float> scales(rows);
  std::vector<typename Codes::Code> codes(values.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* first = values.data() + row * columns;
    std::uint32_t largest = 0;
    for (std::uint32_t lane = 0; lane < kThreads; ++lane)
      largest = std::max(largest, cuda::max_magnitude<Element>(first, columns, {lane, kThreads}));
    out.refused |= cuda::refusal_of<Element>(largest);
    if (out.refused != 0) continue;
    const cuda::RowScale scale = Codes::scale_of(std::bit_cast<float>(largest));
    scales[row] = scale.scale;
    for (std::uint32_t lane = kThreads; lane-- > 0;)
      cuda::encode_row<Element, Codes>(first, columns, scale.inverse, codes.data() + row * columns,
                                       {lane, kThreads});
  }
  out.bytes.resize(4 * rows + codes.size());
  std::memcpy(out.bytes.data(), scales.data(), 4 * rows);
  std::memcpy(out.bytes.data() + 4 * rows, codes.data(), codes.size());
  return out;
}

template <typename Element, typename Codes>
void check_scaled(DType dtype, LossyFormat format, std::size_t columns,
                  const std::vector<typename Element::Stored>& values) {
  const std::size_t rows = values.size() / columns;
  const TensorMeta meta{.shape = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)},
                        .dtype = dtype};
  const TensorView view{.meta = meta, .data = std::as_bytes(std::span(values))};
  std::vector<std::byte> expected(lossy_bytes(format, meta));
  const LossyOutcome outcome = encode_lossy(format, view, expected, SimdLevel::kScalar);
  const Encoded got = on_the_device<Element, Codes>(values, columns);
  if (outcome == LossyOutcome::kNotFinite) {
    CHECK((got.refused & cuda::kNotFinite) != 0);
  } else if (outcome == LossyOutcome::kOutOfRange) {
    CHECK((got.refused & cuda::kOutOfRange) != 0);
  } else {
    REQUIRE(outcome == LossyOutcome::kEncoded);
    CHECK(got.refused == 0);
    CHECK(got.bytes == expected);
    std::vector<typename Element::Stored> back(values.size());
    for (std::size_t row = 0; row < rows; ++row) {
      float scale = 0;
      std::memcpy(&scale, expected.data() + 4 * row, 4);
      std::vector<typename Codes::Code> codes(columns);
      std::memcpy(codes.data(), expected.data() + 4 * rows + row * columns, columns);
      for (std::uint32_t lane = 0; lane < kThreads; ++lane)
        cuda::decode_row<Element, Codes>(codes.data(), columns, scale, back.data() + row * columns,
                                         {lane, kThreads});
    }
    std::vector<std::byte> plain(view.data.size());
    REQUIRE(decode_lossy(format, expected, meta, plain, SimdLevel::kScalar));
    CHECK(std::memcmp(back.data(), plain.data(), plain.size()) == 0);
  }
}

template <typename Element>
void check_element(DType dtype, float odd) {
  // Rows of three and more elements: with fewer, halves do not become smaller.
  for (const std::size_t columns : {9U, 255U, 256U, 1000U}) {
    auto values = elements_of<Element>(5 * columns, columns);
    values[columns + 3] = Element::store(odd);
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(2 * columns),
              values.begin() + static_cast<std::ptrdiff_t>(3 * columns), Element::store(0));
    check_scaled<Element, cuda::Int8Codes>(dtype, LossyFormat::kInt8, columns, values);
    check_scaled<Element, cuda::E4M3Codes>(dtype, LossyFormat::kE4M3, columns, values);
  }
}

template <typename Element>
void check_narrow(LossyFormat format, std::uint32_t overflow, const std::vector<float>& values) {
  const TensorMeta meta{.shape = {static_cast<std::int64_t>(values.size())}, .dtype = DType::kF32};
  std::vector<std::byte> expected(2 * values.size());
  const LossyOutcome outcome = encode_lossy(format, {.meta = meta, .data = std::as_bytes(std::span(values))},
                                            expected, SimdLevel::kScalar);
  std::vector<std::uint16_t> got(values.size());
  std::uint32_t refused = 0;
  for (std::uint32_t lane = 0; lane < kThreads; ++lane)
    refused |= cuda::narrow<Element>(values.data(), values.size(), overflow, got.data(), {lane, kThreads});
  CHECK((refused != 0) == (outcome == LossyOutcome::kOutOfRange));
  if (outcome != LossyOutcome::kEncoded) return;
  CHECK(std::memcmp(got.data(), expected.data(), expected.size()) == 0);
  std::vector<float> back(values.size());
  std::vector<std::byte> plain(4 * values.size());
  for (std::uint32_t lane = 0; lane < kThreads; ++lane)
    cuda::widen<Element>(got.data(), got.size(), back.data(), {lane, kThreads});
  REQUIRE(decode_lossy(format, expected, meta, plain, SimdLevel::kScalar));
  CHECK(std::memcmp(back.data(), plain.data(), plain.size()) == 0);
}

constexpr float kOdd[] = {1.0F,
                          0.0F,
                          -0.0F,
                          1e-42F,
                          0x1p-149F,
                          0x1p-101F,
                          65503.0F,
                          65520.0F,
                          1e30F,
                          3.4e38F,
                          std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN()};

}  // namespace

TEST_CASE("the kernels' bodies give the bytes of the host's formats, whatever the values") {
  for (const float odd : kOdd) {
    CAPTURE(odd);
    check_element<cuda::Float32>(DType::kF32, odd);
    check_element<cuda::Float16>(DType::kF16, odd);
    check_element<cuda::Bfloat16>(DType::kBF16, odd);
  }
}

TEST_CASE("narrow formats too, for every kind of float") {
  for (const float odd : kOdd) {
    CAPTURE(odd);
    for (const std::size_t count : {1U, 255U, 257U, 5000U}) {
      auto values = elements_of<cuda::Float32>(count, count);
      values[count / 2] = odd;
      check_narrow<cuda::Float16>(LossyFormat::kF16, cuda::kHalfOverflow, values);
      check_narrow<cuda::Bfloat16>(LossyFormat::kBF16, cuda::kBfloat16Overflow, values);
    }
  }
}

TEST_CASE("a row of zeros has scale 0, and rows do not touch one another") {
  const std::vector<float> values{0, 0, 0, 0, 0, 0, 0, 0, 1, -2, 3, -4, 5, -6, 7, -8};
  const Encoded got = on_the_device<cuda::Float32, cuda::Int8Codes>(values, 8);
  float scale = 1;
  std::memcpy(&scale, got.bytes.data(), 4);
  CHECK(scale == 0);
  std::memcpy(&scale, got.bytes.data() + 4, 4);
  CHECK(scale == 8.0F / 127.0F);
  CHECK(got.bytes.back() == std::byte{0x81});
}
