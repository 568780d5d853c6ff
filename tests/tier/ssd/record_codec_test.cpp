// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/record_codec.h"

#include <doctest.h>

#include <vector>

#include "core/error.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::tier;

TEST_CASE("an encoded record saves at least a page and decodes under any store's codec") {
  const RecordCodec zstd("zstd", 0);
  CHECK(zstd.encodes());
  std::vector<std::byte> in(100'000, std::byte{7});
  const auto encoded = zstd.encode(in, RecordInfo{});
  REQUIRE(encoded.has_value());
  CHECK(encoded->bytes <= round_up_to_page(in.size()) - kPage);
  CHECK(encoded->buffer.size() >= round_up_to_page(encoded->bytes));
  for (std::uint64_t i = encoded->bytes; i < round_up_to_page(encoded->bytes); ++i) {
    CHECK(encoded->buffer.data()[i] == std::byte{0});
  }
  std::vector<std::byte> back(in.size());
  const RecordCodec none("none", 0);
  CHECK_FALSE(none.encodes());
  CHECK(none.decode(zstd.id(), encoded->buffer.span().first(encoded->bytes), back));
  CHECK(back == in);
  CHECK_FALSE(none.decode(200, encoded->buffer.span().first(encoded->bytes), back));
}

TEST_CASE("what would save nothing is left plain") {
  const RecordCodec zstd("zstd", 3);
  Rng rng(1);
  std::vector<std::byte> noise(50'000);
  for (std::byte& b : noise) b = static_cast<std::byte>(rng.below(256));
  CHECK_FALSE(zstd.encode(noise, RecordInfo{}).has_value());
  CHECK_FALSE(zstd.encode(std::span(noise).first(kPage), RecordInfo{}).has_value());
  CHECK_FALSE(zstd.encode({}, RecordInfo{}).has_value());
}

TEST_CASE("unknown codecs and levels are usage errors") {
  CHECK_THROWS_WITH_AS(RecordCodec("zst", 0), "unknown codec 'zst'; did you mean 'zstd'?", Error);
  CHECK_THROWS_AS(RecordCodec("zstd", 20), Error);
  CHECK_THROWS_AS(RecordCodec("zstd", -1), Error);
  CHECK_THROWS_AS(RecordCodec("none", 1), Error);
}
