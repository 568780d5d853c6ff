// SPDX-License-Identifier: Apache-2.0
#include "cache/compression/encoded_tensor.h"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <vector>

#include "cache/compression/tensor_cases.h"

namespace cachebench::cache {
namespace {

using testing::kForms;
using testing::numbers;
using tier::Encoding;

TEST_CASE("forms go by name, and sizes follow from the shape alone") {
  CHECK(name_of(Encoding::kPlain) == "plain");
  CHECK_FALSE(format_of(Encoding::kPlain).has_value());
  for (const Encoding form : kForms) CHECK(encoding_of(*format_of(form)) == form);
  const TensorMeta meta{.shape = {3, 100}, .dtype = DType::kF32};
  CHECK(stored_bytes(Encoding::kPlain, meta) == Bytes{1200});
  CHECK(stored_bytes(Encoding::kF16, meta) == Bytes{600});
  CHECK(stored_bytes(Encoding::kInt8, meta) == Bytes{3 * 4 + 300});
  const TensorMeta half{.shape = {3, 100}, .dtype = DType::kBF16};
  CHECK_FALSE(shrinks(Encoding::kF16, half));
  CHECK_FALSE(shrinks(Encoding::kBF16, half));
  CHECK(shrinks(Encoding::kE4M3, half));
}

TEST_CASE("what would grow, and what is no floating-point number, does not shrink") {
  for (const Encoding form : kForms) {
    CHECK_FALSE(shrinks(form, {.shape = {0, 5}, .dtype = DType::kF32}));
    CHECK_FALSE(shrinks(form, {.shape = {5, 0}, .dtype = DType::kF32}));
    CHECK_FALSE(shrinks(form, {.shape = {100}, .dtype = DType::kI64}));
    CHECK_FALSE(shrinks(form, {.shape = {100}, .dtype = DType::kU8}));
  }
  // One element a row: four bytes of scale for one of code.
  CHECK_FALSE(shrinks(Encoding::kInt8, {.shape = {100, 1}, .dtype = DType::kF32}));
  CHECK_FALSE(shrinks(Encoding::kInt8, {.shape = {}, .dtype = DType::kF32}));
  CHECK(shrinks(Encoding::kF16, {.shape = {100, 1}, .dtype = DType::kF32}));
}

TEST_CASE("every form comes back within the error it states, one pass or several") {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (const Encoding form : kForms) {
      const TensorMeta meta{.shape = {7, 130}, .dtype = dtype};
      if (!shrinks(form, meta)) continue;
      const std::vector<std::byte> plain = numbers(meta, 3);
      std::vector<std::byte> current = plain;
      std::vector<std::byte> stored(stored_bytes(form, meta).value);
      Passes passes;
      for (int pass = 1; pass <= 4; ++pass) {
        REQUIRE(encode(form, {.meta = meta, .data = current}, stored));
        REQUIRE(decode(form, stored, meta, current));
        passes.add(form);
        CHECK(passes.of(form) == static_cast<unsigned>(pass));
        CHECK(count_beyond({.meta = meta, .data = plain}, current, passes) == 0);
      }
      const Difference error = difference({.meta = meta, .data = plain}, current);
      CHECK(error.compared == 7 * 130);
      CHECK(error.max_error > 0);
      CHECK(error.max_error < 0.5);
    }
  }
}

TEST_CASE("an element beyond the bound is found, without passes any difference is") {
  const TensorMeta meta{.shape = {4, 64}, .dtype = DType::kF32};
  const std::vector<std::byte> plain = numbers(meta, 5);
  std::vector<std::byte> changed = plain;
  float value = 0;
  std::memcpy(&value, &changed[4 * 100], 4);
  value += 0.001F;
  std::memcpy(&changed[4 * 100], &value, 4);
  const TensorView expected{.meta = meta, .data = plain};
  CHECK(count_beyond(expected, plain, {}) == 0);
  CHECK(count_beyond(expected, changed, {}) == 1);
  Passes passes;
  passes.add(Encoding::kInt8);
  CHECK(count_beyond(expected, changed, passes) == 0);
  value += 1.0F;
  std::memcpy(&changed[4 * 100], &value, 4);
  CHECK(count_beyond(expected, changed, passes) == 1);
  // Not a number is no small difference.
  value = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(&changed[4 * 100], &value, 4);
  CHECK(count_beyond(expected, changed, passes) == 1);
}

TEST_CASE("values that a form has no place for are refused, and kept by those that have") {
  const TensorMeta meta{.shape = {2, 100}, .dtype = DType::kF32};
  std::vector<std::byte> plain = numbers(meta, 1);
  const auto set = [&](float value) { std::memcpy(&plain[4 * 120], &value, 4); };
  const auto accepted = [&](Encoding form) {
    std::vector<std::byte> stored(stored_bytes(form, meta).value);
    return encode(form, {.meta = meta, .data = plain}, stored);
  };
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    set(odd);
    CHECK_FALSE(accepted(Encoding::kInt8));
    CHECK_FALSE(accepted(Encoding::kE4M3));
    CHECK(accepted(Encoding::kF16));
    CHECK(accepted(Encoding::kBF16));
  }
  set(1e30F);
  CHECK_FALSE(accepted(Encoding::kF16));
  CHECK(accepted(Encoding::kBF16));
  set(1e-42F);
  for (const Encoding form : kForms) CHECK(accepted(form));
}

TEST_CASE("rows of zeros and one huge row come back") {
  for (const Encoding form : kForms) {
    const TensorMeta zeros{.shape = {3, 50}, .dtype = DType::kF32};
    const std::vector<std::byte> plain(zeros.bytes().value);
    std::vector<std::byte> stored(stored_bytes(form, zeros).value);
    std::vector<std::byte> back(plain.size(), std::byte{1});
    REQUIRE(encode(form, {.meta = zeros, .data = plain}, stored));
    REQUIRE(decode(form, stored, zeros, back));
    CHECK(back == plain);
    const TensorMeta huge{.shape = {1, 300'001}, .dtype = DType::kF32};
    const std::vector<std::byte> many = numbers(huge, 9);
    stored.resize(stored_bytes(form, huge).value);
    back.resize(many.size());
    REQUIRE(encode(form, {.meta = huge, .data = many}, stored));
    REQUIRE(decode(form, stored, huge, back));
    Passes passes;
    passes.add(form);
    CHECK(count_beyond({.meta = huge, .data = many}, back, passes) == 0);
    CHECK_FALSE(decode(form, std::span(stored).first(stored.size() - 1), huge, back));
  }
}

}  // namespace
}  // namespace cachebench::cache
