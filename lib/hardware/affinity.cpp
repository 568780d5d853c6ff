// SPDX-License-Identifier: Apache-2.0
#include "hardware/affinity.h"

#include <sched.h>

#include <algorithm>
#include <cstddef>

#include "hardware/live_machine.h"

namespace cachebench::hardware {
namespace {

// Of the calling thread.
bool hold_to(std::span<const int> processors) {
  const int highest = processors.empty() ? -1 : *std::max_element(processors.begin(), processors.end());
  const int lowest = processors.empty() ? -1 : *std::min_element(processors.begin(), processors.end());
  constexpr int kMostProcessors = 1 << 16;
  if (lowest < 0 || highest >= kMostProcessors) return false;
  std::vector<cpu_set_t> set(static_cast<std::size_t>(highest / CPU_SETSIZE + 1));
  const std::size_t bytes = set.size() * sizeof(cpu_set_t);
  CPU_ZERO_S(bytes, set.data());
  for (const int processor : processors) CPU_SET_S(static_cast<std::size_t>(processor), bytes, set.data());
  return ::sched_setaffinity(0, bytes, set.data()) == 0;
}

}  // namespace

AffinityScope::AffinityScope(std::span<const int> processors) : before_(allowed_processors()) {
  if (!hold_to(processors)) before_.clear();
}

AffinityScope::~AffinityScope() {
  if (!before_.empty()) static_cast<void>(hold_to(before_));
}

}  // namespace cachebench::hardware
