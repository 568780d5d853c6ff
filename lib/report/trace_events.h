// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/trace_range.h"

/// Recorded ranges as Chrome trace events, which Perfetto and chrome://tracing open: complete ("X") events
/// sorted by time, times in microseconds with three decimals from the first range on. Pure function,
/// thread-safe; never fails.
namespace cachebench::report {

/// `dropped` ranges that did not fit the recorder are told in the metadata.
[[nodiscard]] std::string trace_events(std::span<const RecordedRange> ranges, std::size_t dropped = 0);

}  // namespace cachebench::report
