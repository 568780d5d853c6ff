// SPDX-License-Identifier: Apache-2.0
#include "cache/compression/compression_meter.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "cache/compression/tensor_cases.h"

namespace cachebench::cache {
namespace {

using testing::numbers;
using tier::Encoding;

TEST_CASE("the account has sizes, times and errors by kind") {
  CompressionMeter meter;
  const TensorMeta meta{.shape = {10, 256}, .dtype = DType::kF32};
  const tier::RecordInfo info{
      .key = {}, .meta = meta, .kind = ArtefactKind::kImage, .encoding = Encoding::kInt8};
  const std::vector<std::byte> plain = numbers(meta, 2);
  std::vector<std::byte> stored(stored_bytes(Encoding::kInt8, meta).value);
  std::vector<std::byte> back(plain.size());
  REQUIRE(meter.encode(info, plain, stored));
  REQUIRE(meter.decode(info, stored, back));
  const tier::CodecUses uses = meter.uses();
  const tier::CodecUse& use = uses[ArtefactKind::kImage];
  CHECK(use.encoded == 1);
  CHECK(use.declined == 0);
  CHECK(use.plain == Bytes{plain.size()});
  CHECK(use.stored == Bytes{stored.size()});
  CHECK(use.decoded == 1);
  CHECK(use.decoded_bytes == Bytes{plain.size()});
  CHECK(use.encode_time > Nanoseconds{0});
  // The errors are those of the tensor that came back.
  const Difference error = difference({.meta = meta, .data = plain}, back);
  CHECK(use.compared == error.compared);
  CHECK(use.max_error == error.max_error);
  CHECK(use.error_sum == doctest::Approx(error.error_sum));
  CHECK(use.max_error <= 4.0 / 254 * 1.001);
  CHECK(uses[ArtefactKind::kText].encoded == 0);
}

TEST_CASE("an entry whose values are refused counts as left plain") {
  CompressionMeter meter;
  const TensorMeta meta{.shape = {2, 64}, .dtype = DType::kF32};
  const tier::RecordInfo info{.key = {}, .meta = meta, .encoding = Encoding::kE4M3};
  std::vector<std::byte> plain = numbers(meta, 2);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(&plain[100], &nan, 4);
  std::vector<std::byte> stored(stored_bytes(Encoding::kE4M3, meta).value);
  CHECK_FALSE(meter.encode(info, plain, stored));
  const tier::CodecUse use = meter.uses()[ArtefactKind::kObject];
  CHECK(use.declined == 1);
  CHECK(use.declined_bytes == Bytes{plain.size()});
  CHECK(use.encoded == 0);
  CHECK_FALSE(meter.decode(info, std::span(stored).first(3), plain));
  CHECK(meter.uses()[ArtefactKind::kObject].decoded == 0);
}

TEST_CASE("of a large entry the first rows are compared, of a huge row all of it") {
  CompressionMeter meter;
  for (const TensorMeta& meta : {TensorMeta{.shape = {1000, 1000}, .dtype = DType::kF32},
                                 TensorMeta{.shape = {1, 100'000}, .dtype = DType::kF32}}) {
    const tier::RecordInfo info{.key = {}, .meta = meta, .encoding = Encoding::kF16};
    std::vector<std::byte> stored(stored_bytes(Encoding::kF16, meta).value);
    REQUIRE(meter.encode(info, numbers(meta, 1), stored));
  }
  CHECK(meter.uses()[ArtefactKind::kObject].compared == 65'000 + 100'000);
}

}  // namespace
}  // namespace cachebench::cache
