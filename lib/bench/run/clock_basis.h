// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "result/run_result.h"

/// What a clock's figure is worth, the same wherever one is written down. A pure function.
namespace cachebench::bench {

/// One that waited for something emulated is emulated, whatever else was real.
[[nodiscard]] inline result::Basis clock_basis(bool waited_for_emulated) {
  return waited_for_emulated ? result::Basis::kEmulated : result::Basis::kMeasured;
}

}  // namespace cachebench::bench
