// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/units.h"

/// How much may be fetched ahead at a time, and what becomes of a look-up that comes too early. Plain values.
namespace cachebench::cache {

/// What a look-up does that asks for something still under way.
enum class PrefetchWait : std::uint8_t {
  kBestEffort,    ///< goes on without it
  kWaitComplete,  ///< waits as long as it takes
  kTimeout,       ///< waits for a time that grows with the size
  kDeadline,      ///< waits no longer than the slack, and than computing it would take
};
[[nodiscard]] const char* name_of(PrefetchWait wait);

struct PrefetchRules {
  Bytes budget = kMiB * 256;  ///< most bytes under way
  PrefetchWait wait = PrefetchWait::kBestEffort;
  Nanoseconds timeout_base{1'000'000};
  double timeout_ns_per_byte = 0.1;
  Nanoseconds wait_cap{100'000'000};  ///< of timeout and deadline
  Nanoseconds slack{10'000'000};      ///< of deadline: until the batch has to start
  bool operator==(const PrefetchRules&) const = default;
};

}  // namespace cachebench::cache
