// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// When each object of a trace is asked for again. Stateless.
namespace cachebench::trace {

/// For every access the number of the next one to the same key, counted from 1; -1 where there is none. One
/// backward pass with a hash table: O(n) time, 8 bytes a record and about 32 a distinct key.
[[nodiscard]] std::vector<std::int64_t> next_accesses(std::span<const std::uint64_t> keys);

}  // namespace cachebench::trace
