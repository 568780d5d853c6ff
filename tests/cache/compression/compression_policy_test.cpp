// SPDX-License-Identifier: Apache-2.0
#include "cache/compression/compression_policy.h"

#include <doctest/doctest.h>

#include "cache/compression/encoded_tensor.h"
#include "core/error.h"
#include "core/rng.h"

namespace cachebench::cache {
namespace {

using tier::Encoding;
using When = CompressionRule::When;

constexpr Bytes kRoom{1000};
const TensorMeta kFloats{.shape = {4, 2048}, .dtype = DType::kF32};
const TensorMeta kHalves{.shape = {4, 2048}, .dtype = DType::kBF16};

Encoding form_by(const CompressionRule& rule, const TensorMeta& meta) {
  CompressionPolicy policy(rule);
  return policy.choose(meta, Bytes{0}, kRoom);
}

TEST_CASE("a form is taken where it makes an entry smaller") {
  CHECK(form_by({}, kFloats) == Encoding::kPlain);
  CHECK(form_by({.format = "fp16"}, kFloats) == Encoding::kF16);
  CHECK(form_by({.format = "bf16"}, kFloats) == Encoding::kBF16);
  CHECK(form_by({.format = "fp16"}, kHalves) == Encoding::kPlain);
  CHECK(form_by({.format = "int8"}, kHalves) == Encoding::kInt8);
  CHECK(form_by({.format = "fp8-e4m3"}, kFloats) == Encoding::kE4M3);
  CHECK(form_by({.format = "int8"}, {.shape = {50}, .dtype = DType::kI64}) == Encoding::kPlain);
  CHECK(form_by({.format = "int8"}, {.shape = {0}, .dtype = DType::kF32}) == Encoding::kPlain);
}

TEST_CASE("a target is reached with the least error, the scales of rows apart") {
  const auto target = [](double ratio) { return CompressionRule{.format = "target", .ratio = ratio}; };
  CHECK(form_by(target(0.5), kFloats) == Encoding::kF16);
  CHECK(form_by(target(0.25), kFloats) == Encoding::kInt8);
  CHECK(form_by(target(0.9), kFloats) == Encoding::kF16);
  CHECK(form_by(target(0.5), kHalves) == Encoding::kInt8);
  CHECK(form_by(target(0.1), kFloats) == Encoding::kPlain);  // nothing reaches it
  CHECK(form_by(target(0.5), {.shape = {9, 4}, .dtype = DType::kBF16}) == Encoding::kPlain);
}

TEST_CASE("pressure starts and stops at its marks, and in between goes on as it was") {
  CompressionPolicy policy({.format = "int8", .when = When::kPressure, .start = 0.9, .stop = 0.7});
  CHECK(policy.is_on());
  const auto at = [&](std::uint64_t used) { return policy.choose(kFloats, Bytes{used}, kRoom); };
  CHECK(at(0) == Encoding::kPlain);
  CHECK(at(899) == Encoding::kPlain);
  CHECK(at(900) == Encoding::kInt8);
  CHECK(policy.under_pressure());
  CHECK(at(701) == Encoding::kInt8);
  CHECK(policy.expected(kFloats) == Encoding::kInt8);
  CHECK(at(700) == Encoding::kPlain);
  CHECK(policy.expected(kFloats) == Encoding::kPlain);
  CHECK(at(899) == Encoding::kPlain);
  CHECK(at(1000) == Encoding::kInt8);
}

TEST_CASE("the state depends on the fills alone, as a slow reference has it") {
  Rng rng(4);
  CompressionPolicy policy({.format = "bf16", .when = When::kPressure, .start = 0.6, .stop = 0.4});
  bool pressed = false;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t used = rng.below(1001);
    if (10 * used >= 6000) pressed = true;
    if (10 * used <= 4000) pressed = false;
    CHECK((policy.choose(kFloats, Bytes{used}, kRoom) == Encoding::kBF16) == pressed);
  }
}

TEST_CASE("rules that make no sense are refused with the reason") {
  CHECK_THROWS_WITH_AS(CompressionPolicy({.format = "int7"}), doctest::Contains("did you mean 'int8'"),
                       Error);
  CHECK_THROWS_AS(CompressionPolicy({.format = "target", .ratio = 0}), Error);
  CHECK_THROWS_AS(CompressionPolicy({.format = "target", .ratio = 1.5}), Error);
  CHECK_THROWS_AS(CompressionPolicy({.format = "int8", .start = 0.5, .stop = 0.6}), Error);
  CHECK_THROWS_AS(CompressionPolicy({.format = "int8", .start = 1.1}), Error);
  CHECK(is_lossy_format("target"));
  CHECK_FALSE(is_lossy_format("zstd"));
  CHECK(std::string(name_of(When::kPressure)) == "pressure");
}

}  // namespace
}  // namespace cachebench::cache
