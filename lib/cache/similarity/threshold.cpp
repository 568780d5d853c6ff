// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/threshold.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/hamming.h"

namespace cachebench::cache {

void check_threshold(double threshold) {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw Error(ErrorKind::kUsage, fmt::format("similarity threshold {}: from 0 to 1", threshold));
  }
}

int max_distance_of(double threshold) {
  check_threshold(threshold);
  // A decimal such as 0.95 is not exact in binary; no two distances are as close as this.
  constexpr double kSlack = 1e-9;
  return static_cast<int>((1.0 - threshold) * kCodeBits + kSlack);
}

double similarity_of(int distance) {
  return 1.0 - static_cast<double>(distance) / kCodeBits;
}

}  // namespace cachebench::cache
