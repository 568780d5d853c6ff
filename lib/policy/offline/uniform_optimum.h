// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "policy/offline/reuse_table.h"

/// The most hits that plain accesses to objects of one size can have in one tier, when what misses need not
/// enter: Belady's choice, exact. Pure function, thread-safe; O(n log n).
namespace cachebench::policy {

/// REQUIRES: a table of plain accesses. `entries`: how many objects fit.
[[nodiscard]] std::uint64_t optimal_hits(const ReuseTable& table, std::uint64_t entries);

}  // namespace cachebench::policy
