// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/segment_header.h"

#include <doctest.h>
#include <fmt/format.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"
#include "tier/ssd/page_fields.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

std::vector<std::byte> example() {
  SegmentHeader header{.store_id = 0x1122334455667788, .closed_in_order = true, .boot_id = {}};
  header.boot_id.fill(std::byte{0x5C});
  std::vector<std::byte> page(kPage, std::byte{0xAA});
  encode_segment_header(header, page);
  return page;
}

std::string refusal(std::vector<std::byte> page) {
  try {
    static_cast<void>(decode_segment_header(page, "dir/file"));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a segment header is these bytes") {
  const std::vector<std::byte> page = example();
  std::string hex;
  for (std::size_t i = 0; i < 48; ++i) hex += fmt::format("{:02x}", std::to_integer<int>(page[i]));
  CHECK(hex ==
        "43425345474d4e54"  // CBSEGMNT
        "01000000"          // version
        "0cc221d4"          // checksum of the page
        "8877665544332211"  // store id
        "01000000"          // closed in order
        "00000000"
        "5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c");
  const SegmentHeader back = decode_segment_header(page, "x");
  CHECK(back.store_id == 0x1122334455667788);
  CHECK(back.closed_in_order);
  CHECK(back.boot_id[15] == std::byte{0x5C});
}

TEST_CASE("foreign, later and damaged headers are refused in one line that names the file") {
  std::vector<std::byte> foreign(kPage, std::byte{'x'});
  CHECK(refusal(foreign).find("dir/file: not a segment file") == 0);
  CHECK_FALSE(is_segment_header(foreign));

  std::vector<std::byte> later = example();
  put_field<std::uint32_t>(later, kVersionOffset, 9);
  CHECK(refusal(later).find("dir/file: written in version 9") == 0);
  CHECK(is_segment_header(later));

  std::vector<std::byte> damaged = example();
  damaged[20] ^= std::byte{1};
  CHECK(refusal(damaged).find("dir/file: the segment header is damaged") == 0);
  for (const auto& page : {foreign, later, damaged}) CHECK(refusal(page).find('\n') == std::string::npos);
}

TEST_CASE("the boot id is the same for as long as the machine runs") {
  CHECK(current_boot_id() == current_boot_id());
}
