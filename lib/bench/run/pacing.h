// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/run/stop.h"
#include "core/units.h"

namespace cachebench::bench {

/// Sleeps until the monotonic clock (RealClock) shows `deadline`, spinning for the last part, where sleeping
/// is coarser than the schedule. False when a stop was requested first; notices one within 20 ms.
[[nodiscard]] bool sleep_until(Nanoseconds deadline, const StopToken& stop);

}  // namespace cachebench::bench
