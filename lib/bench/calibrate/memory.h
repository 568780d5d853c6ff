// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "core/rng.h"
#include "core/units.h"
#include "tier/mapping.h"

/// Memory to measure with, and rates. Stateless functions.
namespace cachebench::bench {

/// Every page written once. Throws Error{kEnvironment} when there is no memory.
[[nodiscard]] tier::Mapping touched_memory(Bytes size);

/// Of an array whose copy the processor's caches do not serve: four times the last one, as STREAM's rules
/// ask, and at least 64 MiB; but no more than an eighth of the memory that is free, 1 MiB at least.
[[nodiscard]] Bytes beyond_caches();

/// Numbers of the generator all over it, so that no drive makes less of them.
void fill_random(std::span<std::byte> memory, Rng& rng);

/// Bytes a second; a time of 0 counts as a nanosecond.
[[nodiscard]] double rate(Bytes bytes, Nanoseconds elapsed);

}  // namespace cachebench::bench
