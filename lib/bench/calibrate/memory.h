// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/units.h"
#include "tier/mapping.h"

/// Memory to measure with, and rates. Stateless functions.
namespace cachebench::bench {

/// Every page written once. Throws Error{kEnvironment} when there is no memory.
[[nodiscard]] tier::Mapping touched_memory(Bytes size);

/// Bytes a second; a time of 0 counts as a nanosecond.
[[nodiscard]] double rate(Bytes bytes, Nanoseconds elapsed);

}  // namespace cachebench::bench
