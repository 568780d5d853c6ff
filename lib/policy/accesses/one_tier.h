// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "core/units.h"
#include "policy/accesses/access_columns.h"
#include "policy/accesses/access_stream.h"

/// What a one-tier replay is given and what it counts. Values; the columns and the future outlive a replay
/// and may be shared by any number of them.
namespace cachebench::policy {

struct OneTierInput {
  const AccessColumns& columns;
  Bytes capacity;
  /// By access: the number of the next access to the same object, kNoNextUse when there is none. Empty unless
  /// the policy sees the future.
  std::span<const std::uint32_t> next_uses = {};
};

struct OneTierCounts {
  std::uint64_t accesses = 0;
  std::uint64_t misses = 0;
  std::uint64_t bytes_requested = 0;
  std::uint64_t bytes_missed = 0;
  std::uint64_t evictions = 0;
  std::uint64_t peak_entries = 0;  ///< most objects resident at once
  std::uint64_t peak_bytes = 0;    ///< most bytes resident at once, objects when each counts 1
  bool operator==(const OneTierCounts&) const = default;
};

}  // namespace cachebench::policy
