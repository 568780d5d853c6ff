// SPDX-License-Identifier: Apache-2.0
#include "result/bounds.h"

#include "result/run_result.h"

namespace cachebench::result {

std::optional<double> Bounds::reachable_ratio(const Totals& totals) const {
  if (totals.accesses < compulsory_misses) return std::nullopt;
  return ratio_of(totals.hits + totals.covered, totals.accesses - compulsory_misses);
}

std::optional<double> Bounds::regret_ratio(const Totals& totals) const {
  if (!saved_ns || *saved_ns <= 0) return std::nullopt;
  return static_cast<double>(*saved_ns - totals.saved_ns) / static_cast<double>(*saved_ns);
}

}  // namespace cachebench::result
