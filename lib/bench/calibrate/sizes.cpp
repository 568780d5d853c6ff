// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/sizes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cachebench::bench {

std::string size_name(Bytes bytes) {
  return bytes.value >= kMiB.value ? fmt::format("{}MiB", bytes.value / kMiB.value)
                                   : fmt::format("{}KiB", bytes.value / kKiB.value);
}

std::optional<BeyondRate> middle_beyond(const std::vector<SizedSpread>& sizes, double bytes_per_second) {
  std::vector<BeyondRate> all;
  for (const SizedSpread& each : sizes) {
    const double of_its_bytes = static_cast<double>(each.size.value) * 1e9 / bytes_per_second;
    all.push_back({.nanoseconds = each.spread.median - of_its_bytes, .spread = each.spread});
  }
  if (all.empty()) return std::nullopt;
  std::sort(all.begin(), all.end(),
            [](const BeyondRate& a, const BeyondRate& b) { return a.nanoseconds < b.nanoseconds; });
  BeyondRate middle = all[all.size() / 2];
  middle.nanoseconds = std::max(0.0, std::round(middle.nanoseconds));
  return middle;
}

}  // namespace cachebench::bench
