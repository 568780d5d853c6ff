// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hamming.h"

/// Whether the hash of a picture tells it from others at all. A pure function.
namespace cachebench {

/// Half of the bits are set where a picture has structure: only equal frequencies, of flat areas and plain
/// slopes, lie at their median. With fewer than a quarter all pictures look alike.
[[nodiscard]] constexpr bool has_structure(const FineCode& fine) {
  return hamming_distance(fine, FineCode{}) >= kFineCodeBits / 4;
}

}  // namespace cachebench
