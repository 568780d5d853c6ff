// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "tier/ssd/crc32c.h"
#include "tier/ssd/page.h"

/// Little-endian fields of the two kinds of header page, which share magic, version and checksum at the same
/// places. Stateless; offsets are the callers' constants, so nothing here can fail.
namespace cachebench::tier {

static_assert(std::endian::native == std::endian::little, "fields are copied as they lie in memory");

template <typename T>
void put_field(std::span<std::byte> page, std::size_t offset, T value) {
  std::memcpy(page.data() + offset, &value, sizeof value);
}

template <typename T>
[[nodiscard]] T get_field(std::span<const std::byte> page, std::size_t offset) {
  T value;
  std::memcpy(&value, page.data() + offset, sizeof value);
  return value;
}

inline constexpr std::size_t kMagicBytes = 8;
inline constexpr std::size_t kVersionOffset = 8;
inline constexpr std::size_t kPageCrcOffset = 12;

[[nodiscard]] inline bool has_magic(std::span<const std::byte> page, const char* magic) {
  return page.size() >= kMagicBytes && std::memcmp(page.data(), magic, kMagicBytes) == 0;
}

/// CRC32C of a page with its checksum field taken as 0.
[[nodiscard]] inline std::uint32_t page_crc(std::span<const std::byte> page) {
  const std::uint32_t zero = 0;
  Crc32c crc;
  crc.update(page.first(kPageCrcOffset));
  crc.update(std::as_bytes(std::span(&zero, 1)));
  crc.update(page.subspan(kPageCrcOffset + sizeof zero));
  return crc.value();
}

}  // namespace cachebench::tier
