// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tier/ssd/record_header.h"
#include "tier/ssd/segment_file.h"

/// Rebuilds the index of a segment file from the headers in it. Reads no payload. Any content at all is
/// taken: what is not a sound header is stepped over. Thread-compatible; throws Error{kEnvironment} only when
/// the device fails.
namespace cachebench::tier {

struct ScanResult {
  std::vector<RecordHeader> live;       ///< whole, no two overlap, one per key; by offset
  std::vector<std::uint64_t> to_erase;  ///< offsets of headers that must not come back
  std::uint64_t highest_sequence = 0;   ///< of any header seen
};

[[nodiscard]] ScanResult scan_segment(const SegmentFile& file);

/// Of records that overlap, or that have one key, keeps the one with the highest sequence number.
/// `found` may be in any order.
[[nodiscard]] ScanResult resolve_overlaps(std::vector<RecordHeader> found);

}  // namespace cachebench::tier
