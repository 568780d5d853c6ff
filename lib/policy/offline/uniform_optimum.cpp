// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/uniform_optimum.h"

#include <queue>
#include <vector>

#include "core/check.h"

namespace cachebench::policy {

// Goes through the steps, keeps every object that comes back, and gives up the one that comes back last
// whenever there are too many.
std::uint64_t optimal_hits(const ReuseTable& table, std::uint64_t entries) {
  CACHEBENCH_CHECK(table.requests() == 0, "the optimum is of plain accesses");
  const std::uint32_t first = table.first_step();
  std::vector<std::uint32_t> next(table.step(), kNoStep);  // by step; kNoStep: not kept
  for (std::size_t i = 0; i < table.references().size(); ++i) {
    const std::uint32_t since = table.references()[i].since;
    if (since != kNoStep) next[since] = first + static_cast<std::uint32_t>(i);
  }
  struct Kept {
    std::uint32_t until;
    std::uint32_t from;
    bool operator<(const Kept& other) const { return until < other.until; }
  };
  std::priority_queue<Kept> kept;
  std::uint64_t count = 0;
  std::uint64_t hits = 0;
  for (std::uint32_t step = 0; step < table.step(); ++step) {
    const std::uint32_t since = step < first ? kNoStep : table.references()[step - first].since;
    if (since != kNoStep && next[since] == step) {
      ++hits;
      --count;
    }
    if (next[step] == kNoStep) continue;
    kept.push({.until = next[step], .from = step});
    if (++count <= entries) continue;
    next[kept.top().from] = kNoStep;  // the last to come back is not over yet: the newest comes back later
    kept.pop();
    --count;
  }
  return hits;
}

}  // namespace cachebench::policy
