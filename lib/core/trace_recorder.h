// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/trace_range.h"

/// The built-in recorder of trace ranges: sees what a profiler would, without one. Thread-safe.
namespace cachebench {

/// Starts keeping ranges in memory, at most `limit` of them: later ones are dropped.
void start_recording(std::size_t limit);
/// Stops and hands over what was kept, in order of closing.
[[nodiscard]] std::vector<RecordedRange> stop_recording();

}  // namespace cachebench
