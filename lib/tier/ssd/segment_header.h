// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// The first page of a segment file (docs/segment-format.md): values to bytes and back. Stateless, so
/// thread-safe.
namespace cachebench::tier {

using BootId = std::array<std::byte, 16>;

struct SegmentHeader {
  std::uint64_t store_id = 0;
  bool closed_in_order = false;
  BootId boot_id{};
};

/// REQUIRES: `page` is one page long.
void encode_segment_header(const SegmentHeader& header, std::span<std::byte> page);

/// Throws Error{kEnvironment} naming `path` when the page is not a segment header, is of a version that this
/// program does not know, or is damaged. REQUIRES: one page long.
[[nodiscard]] SegmentHeader decode_segment_header(std::span<const std::byte> page, const std::string& path);

/// Whether the page belongs to a segment file at all, of whatever version and state: such a file may be
/// removed when a cold start is asked for.
[[nodiscard]] bool is_segment_header(std::span<const std::byte> page);

/// Of the running kernel; zeros where it cannot be read, which is taken for a change.
[[nodiscard]] BootId current_boot_id();

}  // namespace cachebench::tier
