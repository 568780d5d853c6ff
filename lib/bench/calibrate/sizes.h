// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/calibrate/spread.h"
#include "core/units.h"

/// What the parts that measure one operation by its size share: the size's name in a row, and what such an
/// operation takes beyond its bytes at a known rate. Values and pure functions.
namespace cachebench::bench {

/// "512KiB", "16MiB". REQUIRES: whole KiB.
[[nodiscard]] std::string size_name(Bytes bytes);

/// Nanoseconds of operations of one size.
struct SizedSpread {
  Bytes size;
  Spread spread;
};

struct BeyondRate {
  double nanoseconds = 0;  ///< never below 0
  Spread spread;           ///< of the whole operation: what its repetitions differed by
};

/// The middle of the sizes; nothing without any.
[[nodiscard]] std::optional<BeyondRate> middle_beyond(const std::vector<SizedSpread>& sizes,
                                                      double bytes_per_second);

}  // namespace cachebench::bench
