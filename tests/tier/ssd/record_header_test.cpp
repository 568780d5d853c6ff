// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/record_header.h"

#include <doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/rng.h"
#include "tier/ssd/page_fields.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

RecordHeader example() {
  return {.store_id = 0x1122334455667788,
          .sequence = 7,
          .offset = 0x3000,
          .state = RecordState::kLive,
          .codec = 1,
          .info = {.key = {0x0102030405060708, 0x090A0B0C0D0E0F10},
                   .meta = {{2, 3, 4096}, DType::kBF16},
                   .kind = ArtefactKind::kVisionEncoderOutput},
          .payload_bytes = 49152,
          .stored_bytes = 5000,
          .payload_crc = 0xE3069283};
}

std::vector<std::byte> encoded(const RecordHeader& header) {
  std::vector<std::byte> page(kPage, std::byte{0xAA});
  encode_record_header(header, page);
  return page;
}

// Puts the checksum right, as an attacker or a lucky bit flip would.
void seal(std::vector<std::byte>& page) {
  put_field<std::uint32_t>(page, kPageCrcOffset, page_crc(page));
}

}  // namespace

TEST_CASE("a record's header is these bytes") {
  const std::vector<std::byte> page = encoded(example());
  std::string hex;
  for (std::size_t i = 0; i < 136; ++i) hex += fmt::format("{:02x}", std::to_integer<int>(page[i]));
  CHECK(hex ==
        "43425245434f5244"  // CBRECORD
        "01000000"          // version
        "8af921b7"          // checksum of the page
        "8877665544332211"  // store id
        "0700000000000000"  // sequence
        "0030000000000000"  // offset
        "01040401"          // live, vision encoder output, bf16, zstd
        "03000000"          // three dimensions
        "0807060504030201"  // key, high half
        "100f0e0d0c0b0a09"  // key, low half
        "00c0000000000000"  // payload bytes
        "8813000000000000"  // stored bytes
        "839206e3"          // checksum of the stored bytes
        "00000000"
        "0200000000000000"
        "0300000000000000"
        "0010000000000000"
        "000000000000000000000000000000000000000000000000");
  CHECK(std::all_of(page.begin() + 136, page.end(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST_CASE("a header decodes to what it was") {
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{5, 1}, Shape{1, 2, 3, 4}, Shape{9, 8, 7, 6, 5, 4}}) {
    RecordHeader header = example();
    header.info.meta.shape = shape;
    const auto back = decode_record_header(encoded(header), header.store_id, header.offset);
    REQUIRE(back.has_value());
    CHECK(back->info.meta == header.info.meta);
    CHECK(back->info.key == header.info.key);
    CHECK(back->info.kind == header.info.kind);
    CHECK(back->sequence == header.sequence);
    CHECK(back->codec == header.codec);
    CHECK(back->payload_bytes == header.payload_bytes);
    CHECK(back->stored_bytes == header.stored_bytes);
    CHECK(back->payload_crc == header.payload_crc);
    CHECK(back->extent_bytes() == kPage + 2 * kPage);
  }
}

TEST_CASE("a header of another store or another place is none") {
  const RecordHeader header = example();
  CHECK_FALSE(decode_record_header(encoded(header), header.store_id + 1, header.offset).has_value());
  CHECK_FALSE(decode_record_header(encoded(header), header.store_id, header.offset + kPage).has_value());
  CHECK_FALSE(decode_record_header(std::vector<std::byte>(kPage), header.store_id, 0).has_value());
}

TEST_CASE("any flipped bit makes a header none") {
  const RecordHeader header = example();
  const std::vector<std::byte> page = encoded(header);
  Rng rng(5);
  for (int i = 0; i < 1'000; ++i) {
    std::vector<std::byte> broken = page;
    const std::size_t at = i < 136 ? static_cast<std::size_t>(i) : rng.below(kPage);
    broken[at] ^= static_cast<std::byte>(1U << rng.below(8));
    CHECK_FALSE(decode_record_header(broken, header.store_id, header.offset).has_value());
  }
}

TEST_CASE("senseless values with a right checksum are none") {
  const RecordHeader header = example();
  const auto refused = [&](auto change) {
    std::vector<std::byte> page = encoded(header);
    change(page);
    seal(page);
    return !decode_record_header(page, header.store_id, header.offset).has_value();
  };
  using Page = std::vector<std::byte>;
  CHECK(refused([](Page& p) { put_field<std::uint32_t>(p, 8, 2); }));  // version
  CHECK(refused([](Page& p) { put_field<std::uint8_t>(p, 40, 0); }));  // state
  CHECK(refused([](Page& p) { put_field<std::uint8_t>(p, 40, 3); }));
  CHECK(refused([](Page& p) { put_field<std::uint8_t>(p, 41, 9); }));  // kind
  CHECK(refused([](Page& p) { put_field<std::uint8_t>(p, 42, 6); }));  // dtype
  CHECK(refused([](Page& p) { put_field<std::uint8_t>(p, 44, 7); }));  // dimensions
  CHECK(refused([](Page& p) { put_field<std::int64_t>(p, 88, -1); }));
  CHECK(refused([](Page& p) { put_field<std::uint64_t>(p, 72, 49153); }));  // stored > payload
  CHECK(refused([](Page& p) { put_field<std::uint8_t>(p, 43, 0); }));       // plain, yet smaller
  CHECK(refused([](Page& p) { put_field<std::uint64_t>(p, 64, ~std::uint64_t{0}); }));
  CHECK_FALSE(refused([](Page&) {}));
}
