// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Every code near a query by looking at all of them: the reference for the index, what it does while small,
/// and what it falls back to. Uses the processor's bit count or AVX2 where it has them. Pure functions.
namespace cachebench::cache {

/// How the codes are looked at; each gives the same positions.
enum class ScanKernel : std::uint8_t { kPortable, kPopcnt, kAvx2 };
[[nodiscard]] bool is_supported(ScanKernel kernel);
/// The fastest that this processor has, as measured by similarity_bench.
[[nodiscard]] ScanKernel best_scan_kernel();

/// Appends the position of each code within `max_distance` of `query`, in order.
void scan_within(std::span<const std::uint64_t> codes, std::uint64_t query, int max_distance,
                 std::vector<std::uint32_t>& positions, ScanKernel kernel = best_scan_kernel());

}  // namespace cachebench::cache
