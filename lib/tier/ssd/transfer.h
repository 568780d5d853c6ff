// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/units.h"
#include "tier/ssd/crc32c.h"
#include "tier/ssd/record_header.h"

/// What a reactor does with one record, from the request to its end. Whoever submits fills in the first half;
/// the second half belongs to the reactor's thread.
namespace cachebench::tier {

enum class TransferKind : std::uint8_t {
  kRead,   ///< the stored payload into `target`
  kWrite,  ///< `source`, then the header
  kErase,  ///< the header alone, in state erased
  kPunch,  ///< a hole over `punch_bytes` from the header on
};

struct TransferResult {
  int error = 0;           ///< errno, 0 when all went well
  bool cut_off = false;    ///< the file ended before the record did
  std::uint32_t crc = 0;   ///< of the stored bytes read or written
  Nanoseconds service{0};  ///< from the first operation's start to the last one's end
};

struct Transfer {
  TransferKind kind = TransferKind::kRead;
  RecordHeader header;  ///< offset and stored_bytes always; all of it for kWrite (but the CRC) and kErase
  /// kRead: at least `stored_bytes` long. What is not page-aligned, or shorter than whole pages, costs a
  /// copy.
  std::span<std::byte> target;
  std::span<const std::byte> source;  ///< kWrite: `stored_bytes` long; the same holds
  std::uint64_t punch_bytes = 0;
  /// Called once on the reactor's thread; must not throw or wait.
  std::function<void(const TransferResult&)> done;

  // The reactor's own.
  std::uint64_t issued = 0;    ///< payload bytes for which operations were started
  std::uint64_t digested = 0;  ///< payload bytes in the checksum, a prefix
  std::vector<bool> arrived;   ///< chunks of a read that are in `target`
  unsigned under_way = 0;      ///< operations
  bool header_issued = false;  ///< or the hole
  Nanoseconds started{0};
  Crc32c crc;
  TransferResult result;
};

}  // namespace cachebench::tier
