// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/segment_header.h"

#include <fmt/format.h>

#include <fstream>

#include "core/check.h"
#include "core/error.h"
#include "tier/ssd/page_fields.h"

namespace cachebench::tier {
namespace {

constexpr const char* kSegmentMagic = "CBSEGMNT";
constexpr std::uint32_t kSegmentVersion = 1;

constexpr std::size_t kSegmentStoreId = 16;
constexpr std::size_t kClosedInOrder = 24;
constexpr std::size_t kBootId = 32;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void encode_segment_header(const SegmentHeader& header, std::span<std::byte> page) {
  CACHEBENCH_CHECK(page.size() == kPage, "{}", page.size());
  std::memset(page.data(), 0, page.size());
  std::memcpy(page.data(), kSegmentMagic, kMagicBytes);
  put_field(page, kVersionOffset, kSegmentVersion);
  put_field(page, kSegmentStoreId, header.store_id);
  put_field(page, kClosedInOrder, std::uint32_t{header.closed_in_order});
  put_field(page, kBootId, header.boot_id);
  put_field(page, kPageCrcOffset, page_crc(page));
}

SegmentHeader decode_segment_header(std::span<const std::byte> page, const std::string& path) {
  CACHEBENCH_CHECK(page.size() == kPage, "{}", page.size());
  if (!is_segment_header(page)) {
    throw Error(ErrorKind::kEnvironment,
                path + ": not a segment file of this program; remove it or name another cache directory");
  }
  const auto version = get_field<std::uint32_t>(page, kVersionOffset);
  if (version != kSegmentVersion) {
    throw Error(ErrorKind::kEnvironment,
                fmt::format("{}: written in version {} of the segment format, this program knows version {}; "
                            "empty the cache directory (cache.cold) or name another",
                            path, version, kSegmentVersion));
  }
  if (get_field<std::uint32_t>(page, kPageCrcOffset) != page_crc(page)) {
    throw Error(
        ErrorKind::kEnvironment,
        path + ": the segment header is damaged; empty the cache directory (cache.cold) or name another");
  }
  return {.store_id = get_field<std::uint64_t>(page, kSegmentStoreId),
          .closed_in_order = get_field<std::uint32_t>(page, kClosedInOrder) == 1,
          .boot_id = get_field<BootId>(page, kBootId)};
}

bool is_segment_header(std::span<const std::byte> page) {
  return has_magic(page, kSegmentMagic);
}

BootId current_boot_id() {
  BootId id{};
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string text;
  std::getline(file, text);
  std::size_t digits = 0;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0 || digits == 2 * id.size()) continue;
    std::byte& byte = id[digits / 2];
    byte = static_cast<std::byte>((std::to_integer<int>(byte) << 4) | digit);
    ++digits;
  }
  return id;
}

}  // namespace cachebench::tier
