// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/units.h"

/// Whole units of memory. Constant expressions without state.
namespace cachebench::tier {

/// Of memory and of direct I/O.
inline constexpr std::uint64_t kPage = 4096;

/// The least multiple of `unit`, a power of two, that is at least `value`.
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) & ~(unit - 1);
}
[[nodiscard]] constexpr Bytes round_up(Bytes value, std::uint64_t unit) {
  return Bytes{round_up(value.value, unit)};
}

}  // namespace cachebench::tier
