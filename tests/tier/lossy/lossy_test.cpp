// SPDX-License-Identifier: Apache-2.0
#include "tier/lossy/lossy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "core/float_formats.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

constexpr LossyFormat kFormats[] = {LossyFormat::kF16, LossyFormat::kBF16, LossyFormat::kInt8,
                                    LossyFormat::kE4M3};
constexpr DType kFloating[] = {DType::kF32, DType::kF16, DType::kBF16};
const float kInf = std::numeric_limits<float>::infinity();
const float kNaN = std::numeric_limits<float>::quiet_NaN();

/// A tensor with its bytes.
struct Tensor {
  TensorMeta meta;
  std::vector<std::byte> data;
  [[nodiscard]] TensorView view() const { return {.meta = meta, .data = data}; }
};

Tensor tensor_of(Shape shape, DType dtype, const std::vector<float>& values) {
  Tensor tensor{.meta = {.shape = shape, .dtype = dtype}, .data = {}};
  REQUIRE(tensor.meta.shape.elements() == values.size());
  tensor.data.resize(tensor.meta.bytes().value);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t narrow =
        dtype == DType::kF16 ? half_from_float(values[i]) : bfloat16_from_float(values[i]);
    if (dtype == DType::kF32) {
      std::memcpy(&tensor.data[4 * i], &values[i], 4);
    } else {
      std::memcpy(&tensor.data[2 * i], &narrow, 2);
    }
  }
  return tensor;
}

std::vector<float> floats_of(const Tensor& tensor) {
  std::vector<float> values(tensor.meta.shape.elements());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t narrow = 0;
    if (tensor.meta.dtype == DType::kF32) {
      std::memcpy(&values[i], &tensor.data[4 * i], 4);
      continue;
    }
    std::memcpy(&narrow, &tensor.data[2 * i], 2);
    values[i] = tensor.meta.dtype == DType::kF16 ? float_from_half(narrow) : float_from_bfloat16(narrow);
  }
  return values;
}

// The outcome, and the tensor after the way there and back when it was encoded. Both levels must agree.
std::pair<LossyOutcome, std::optional<Tensor>> round_trip(LossyFormat format, const Tensor& tensor) {
  std::vector<std::byte> encoded(lossy_bytes(format, tensor.meta));
  const LossyOutcome outcome = encode_lossy(format, tensor.view(), encoded, SimdLevel::kScalar);
  if (outcome != LossyOutcome::kEncoded) return {outcome, std::nullopt};
  Tensor back{.meta = tensor.meta, .data = std::vector<std::byte>(tensor.data.size())};
  CHECK(decode_lossy(format, encoded, tensor.meta, back.data, SimdLevel::kScalar));
  if (is_supported(SimdLevel::kAvx2)) {
    std::vector<std::byte> fast(encoded.size());
    CHECK(encode_lossy(format, tensor.view(), fast, SimdLevel::kAvx2) == outcome);
    CHECK(fast == encoded);
    std::vector<std::byte> fast_back(tensor.data.size());
    CHECK(decode_lossy(format, encoded, tensor.meta, fast_back, SimdLevel::kAvx2));
    CHECK(fast_back == back.data);
  }
  return {outcome, std::move(back)};
}

// Rows of unlike sizes: large, small, tiny, zero, with one outlier.
std::vector<float> mixed_rows(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Rng rng(seed);
  const double sizes[] = {1.0, 300.0, 1e-3, 0.0, 20.0, 1e-40};
  std::vector<float> values;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const double outlier = column == 3 ? 8.0 : 1.0;
      values.push_back(static_cast<float>((rng.uniform() * 2 - 1) * sizes[row % 6] * outlier));
    }
  }
  return values;
}

}  // namespace

TEST_CASE("every element comes back within the stated error, in every format and element type") {
  for (const LossyFormat format : kFormats) {
    for (const DType dtype : kFloating) {
      for (const std::size_t columns : {7U, 64U, 2049U}) {
        const std::size_t rows = 13;
        const Tensor tensor = tensor_of({static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)},
                                        dtype, mixed_rows(rows, columns, columns));
        const auto [outcome, back] = round_trip(format, tensor);
        const bool narrow_to_narrow =
            dtype != DType::kF32 && (format == LossyFormat::kF16 || format == LossyFormat::kBF16);
        CHECK((outcome == LossyOutcome::kNotSmaller) == narrow_to_narrow);
        if (!back) continue;
        const auto before = floats_of(tensor);
        const auto after = floats_of(*back);
        for (std::size_t row = 0; row < rows; ++row) {
          double row_max = 0;
          for (std::size_t i = row * columns; i < (row + 1) * columns; ++i) {
            row_max = std::max(row_max, std::abs(static_cast<double>(before[i])));
          }
          for (std::size_t i = row * columns; i < (row + 1) * columns; ++i) {
            const double error = std::abs(static_cast<double>(after[i]) - before[i]);
            CHECK(error <= lossy_error_bound(format, dtype, before[i], row_max));
          }
        }
      }
    }
  }
}

TEST_CASE("what the narrow format can hold comes back exactly") {
  std::vector<float> halves;
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const float value = float_from_half(static_cast<std::uint16_t>(bits));
    if (!std::isnan(value)) halves.push_back(value);
  }
  const auto length = static_cast<std::int64_t>(halves.size());
  const auto [outcome, back] = round_trip(LossyFormat::kF16, tensor_of({length}, DType::kF32, halves));
  REQUIRE(back);
  CHECK(std::memcmp(floats_of(*back).data(), halves.data(), 4 * halves.size()) == 0);
  // A row of E4M3 values times a power of two.
  std::vector<float> codes;
  for (unsigned code = 0; code < 256; ++code) {
    if ((code & 0x7F) != 0x7F) codes.push_back(float_from_e4m3(static_cast<std::uint8_t>(code)) * 0x1p-20F);
  }
  const auto [other, same] = round_trip(LossyFormat::kE4M3, tensor_of({254}, DType::kF32, codes));
  REQUIRE(same);
  CHECK(floats_of(*same) == codes);
}

TEST_CASE("NaN and infinity are kept by fp16 and bf16, and refused by int8 and fp8") {
  const std::vector<float> values{1.0F, kInf, -kInf, kNaN, 0.0F, -0.0F};
  const Tensor tensor = tensor_of({6}, DType::kF32, values);
  for (const LossyFormat format : {LossyFormat::kF16, LossyFormat::kBF16}) {
    const auto [outcome, back] = round_trip(format, tensor);
    REQUIRE(back);
    const auto after = floats_of(*back);
    CHECK(after[1] == kInf);
    CHECK(after[2] == -kInf);
    CHECK(std::isnan(after[3]));
    CHECK(std::signbit(after[5]));
  }
  for (const LossyFormat format : {LossyFormat::kInt8, LossyFormat::kE4M3}) {
    for (const DType dtype : kFloating) {
      for (const float odd : {kInf, -kInf, kNaN}) {
        std::vector<float> row(40, 1.0F);
        row[33] = odd;
        CHECK(round_trip(format, tensor_of({2, 20}, dtype, row)).first == LossyOutcome::kNotFinite);
      }
    }
  }
}

TEST_CASE("a finite value that would become infinite is refused") {
  CHECK(round_trip(LossyFormat::kF16, tensor_of({2}, DType::kF32, {1, 65519.0F})).first ==
        LossyOutcome::kEncoded);
  CHECK(round_trip(LossyFormat::kF16, tensor_of({2}, DType::kF32, {1, -65520.0F})).first ==
        LossyOutcome::kOutOfRange);
  const float largest = std::numeric_limits<float>::max();
  CHECK(round_trip(LossyFormat::kBF16, tensor_of({2}, DType::kF32, {1, largest})).first ==
        LossyOutcome::kOutOfRange);
  CHECK(round_trip(LossyFormat::kBF16, tensor_of({2}, DType::kF32, {1, 3.38e38F})).first ==
        LossyOutcome::kEncoded);
  struct Border {
    DType dtype;
    float refused;
  };
  for (const Border border :
       {Border{DType::kF32, 0xF8p120F}, Border{DType::kBF16, 0xF8p120F}, Border{DType::kF16, 0xF8p8F}}) {
    for (const LossyFormat format : {LossyFormat::kInt8, LossyFormat::kE4M3}) {
      const auto row_of = [&](float value) {
        return tensor_of({8}, border.dtype, std::vector<float>(8, -value));
      };
      CHECK(round_trip(format, row_of(border.refused)).first == LossyOutcome::kOutOfRange);
      // The next smaller value of the coarsest of these types.
      const auto [outcome, back] = round_trip(format, row_of(border.refused * (1 - 0x1p-7F)));
      REQUIRE(back);
      CHECK(std::isfinite(floats_of(*back)[0]));
    }
  }
}

TEST_CASE("rows of zeros and of subnormals come back as zeros") {
  const float tiny = std::numeric_limits<float>::denorm_min();
  for (const LossyFormat format : {LossyFormat::kInt8, LossyFormat::kE4M3}) {
    std::vector<float> values(48, 0.0F);
    for (std::size_t i = 16; i < 32; ++i) values[i] = tiny;
    for (std::size_t i = 32; i < 48; ++i) values[i] = -1.5F;
    const auto [outcome, back] = round_trip(format, tensor_of({3, 16}, DType::kF32, values));
    REQUIRE(back);
    const auto after = floats_of(*back);
    for (std::size_t i = 0; i < 32; ++i) CHECK(after[i] == 0.0F);
    for (std::size_t i = 32; i < 48; ++i) CHECK(std::abs(after[i] + 1.5F) < 1e-6);
  }
}

TEST_CASE("what would grow, is empty, or is no number is refused") {
  for (const LossyFormat format : kFormats) {
    CHECK(round_trip(format, tensor_of({0, 7}, DType::kF32, {})).first == LossyOutcome::kNotSmaller);
    CHECK(lossy_bytes(format, {.shape = {0, 7}, .dtype = DType::kF32}) == 0);
    const Tensor ids{.meta = {.shape = {4}, .dtype = DType::kI64}, .data = std::vector<std::byte>(32)};
    CHECK(round_trip(format, ids).first == LossyOutcome::kUnsupported);
  }
  CHECK(round_trip(LossyFormat::kInt8, tensor_of({9, 1}, DType::kF32, std::vector<float>(9))).first ==
        LossyOutcome::kNotSmaller);
  CHECK(round_trip(LossyFormat::kInt8, tensor_of({2, 4}, DType::kF16, std::vector<float>(8))).first ==
        LossyOutcome::kNotSmaller);
  CHECK(round_trip(LossyFormat::kInt8, tensor_of({2, 5}, DType::kF16, std::vector<float>(10))).first ==
        LossyOutcome::kEncoded);
  CHECK(round_trip(LossyFormat::kF16, tensor_of({}, DType::kF32, {2.5F})).first == LossyOutcome::kEncoded);
}

TEST_CASE("sizes that do not fit do not decode; any bytes of the right size do") {
  const TensorMeta meta{.shape = {3, 50}, .dtype = DType::kBF16};
  std::vector<std::byte> out(meta.bytes().value);
  for (const LossyFormat format : {LossyFormat::kInt8, LossyFormat::kE4M3}) {
    std::vector<std::byte> in(lossy_bytes(format, meta));
    Rng rng(4);
    for (std::byte& byte : in) byte = static_cast<std::byte>(rng.below(256));
    CHECK(decode_lossy(format, in, meta, out));
    CHECK(!decode_lossy(format, std::span(in).first(in.size() - 1), meta, out));
    CHECK(!decode_lossy(format, in, meta, std::span(out).first(out.size() - 2)));
    CHECK(!decode_lossy(format, in, {.shape = {150}, .dtype = DType::kI8}, out));
  }
}

TEST_CASE("names are those of a config") {
  CHECK(name_of(LossyFormat::kF16) == "fp16");
  CHECK(name_of(LossyFormat::kE4M3) == "fp8-e4m3");
}
