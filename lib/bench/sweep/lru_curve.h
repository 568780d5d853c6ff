// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "policy/accesses/access_columns.h"
#include "policy/accesses/one_tier.h"

/// What an LRU tier misses at many capacities, from one pass over the trace (Mattson and others 1970): an
/// access hits where the bytes asked for since the object was last used, its own included, fit. Capacities
/// below the largest object, to which some objects are never admitted, take a pass each. Equal to replays at
/// every capacity. Pure functions, thread-safe. Errors: Error{kUsage} for a trace whose objects change their
/// size, where no such order exists.
namespace cachebench::bench {

/// One entry a capacity, in the order given: accesses, misses and their bytes; nothing of evictions.
[[nodiscard]] std::vector<policy::OneTierCounts> lru_curve(const policy::AccessColumns& columns,
                                                           const std::vector<std::uint64_t>& capacities);

/// Capacities for a whole curve, about 6% apart, up to the working set.
[[nodiscard]] std::vector<std::uint64_t> curve_capacities(const policy::AccessColumns& columns);

}  // namespace cachebench::bench
