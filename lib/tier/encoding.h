// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace cachebench::tier {

/// How the elements of an entry lie in a block: as they are, or in a lossy form. The numbers are those of
/// records that outlive the process: never reused, never changed.
enum class Encoding : std::uint8_t { kPlain = 0, kF16 = 1, kBF16 = 2, kInt8 = 3, kE4M3 = 4 };
inline constexpr std::size_t kEncodings = 5;

}  // namespace cachebench::tier
