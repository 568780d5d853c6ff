// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/hash.h"
#include "core/ids.h"

namespace cachebench::cache {

/// What the log records; the values are part of its format.
enum class DecisionEvent : std::uint8_t { kInsert = 0, kEvict, kPromote, kDemote, kExpire, kRefuse };

/// Fingerprint of every decision of a run: XXH3-128 over little-endian records {u64 sequence, u8 event, u64
/// key hash, u8 from, u8 to}, so that two runs can be compared by one line. Keys, not run-local ids.
/// Thread-compatible.
class DecisionLog {
 public:
  void record(DecisionEvent event, const Key& key, Level from, Level to);
  /// 32 hex digits; the log may go on.
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] std::uint64_t events() const { return sequence_; }

 private:
  static constexpr std::size_t kRecord = 19;
  static constexpr std::size_t kBatch = 128;
  Hasher128 hasher_;
  std::array<std::byte, kRecord * kBatch> buffer_{};
  std::size_t buffered_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace cachebench::cache
