// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tier/plane.h"
#include "tier/ssd/page.h"

/// The page in front of every record of a segment file (docs/segment-format.md): values to bytes and back.
/// What does not decode is not a record; nothing here throws. Stateless, so thread-safe.
namespace cachebench::tier {

enum class RecordState : std::uint8_t { kLive = 1, kErased = 2 };

struct RecordHeader {
  std::uint64_t store_id = 0;
  std::uint64_t sequence = 0;
  std::uint64_t offset = 0;  ///< of the header in the file
  RecordState state = RecordState::kLive;
  std::uint8_t codec = 0;  ///< CodecDescriptor::id
  RecordInfo info = {};
  std::uint64_t payload_bytes = 0;  ///< decoded
  std::uint64_t stored_bytes = 0;   ///< encoded
  std::uint32_t payload_crc = 0;    ///< of the stored bytes

  /// Header and padded payload.
  [[nodiscard]] std::uint64_t extent_bytes() const { return kPage + round_up_to_page(stored_bytes); }
};

/// REQUIRES: `page` is one page long.
void encode_record_header(const RecordHeader& header, std::span<std::byte> page);

/// Nothing unless the page is a sound header of the store `store_id` at `offset`. REQUIRES: one page long.
[[nodiscard]] std::optional<RecordHeader> decode_record_header(std::span<const std::byte> page,
                                                               std::uint64_t store_id, std::uint64_t offset);

}  // namespace cachebench::tier
