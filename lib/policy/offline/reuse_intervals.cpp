// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/reuse_intervals.h"

#include <algorithm>

namespace cachebench::policy {

ReuseIntervals::ReuseIntervals(const OneTierInput& input, AccessCosts costs) : input_(input), costs_(costs) {
  const std::uint64_t capacity = input.capacity.value;
  if (capacity == 0) return;
  for (std::size_t i = 0; i < input.next_uses.size(); ++i) {
    const std::uint32_t next = input.next_uses[i];
    if (next == kNoNextUse || size_at(i) > capacity) continue;
    ReuseInterval interval{.from = static_cast<std::uint32_t>(i), .to = next, .density = 0};
    interval.density = cost(interval) / std::max(area(interval), 1.0);
    items_.push_back(interval);
  }
}

std::uint64_t ReuseIntervals::size_at(std::size_t access) const {
  const AccessColumns& columns = input_.columns;
  switch (columns.form()) {
    case SizeForm::kUniform:
      return columns.uniform_size();
    case SizeForm::kPerObject:
      return columns.object_sizes()[columns.ids()[access]];
    case SizeForm::kPerAccess:
      return columns.access_sizes()[access];
  }
  return 1;
}

}  // namespace cachebench::policy
