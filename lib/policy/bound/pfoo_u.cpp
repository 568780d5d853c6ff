// SPDX-License-Identifier: Apache-2.0
// PFOO-U: a schedule that exists. Takes reuse intervals by falling density, each where its bytes are free
// from its first step to its last. The paper solves a flow over stretches of time instead; this order costs
// O(n log n) and is as valid: what it hits, an optimal policy that may bypass hits at least.
#include <algorithm>

#include "policy/bound.h"
#include "policy/offline/occupancy.h"
#include "policy/offline/reuse_intervals.h"

namespace cachebench::policy {
namespace {

constexpr std::size_t kPrefetchAhead = 16;

OneTierBound evaluate(const OneTierInput& input, AccessCosts costs, const Parameters&) {
  ReuseIntervals intervals(input, costs);
  std::sort(intervals.items().begin(), intervals.items().end(), Denser{});
  Occupancy taken(intervals.steps());
  OneTierBound bound;
  bound.counts.accesses = input.columns.accesses();
  bound.counts.misses = bound.counts.accesses;
  bound.counts.bytes_requested = input.columns.bytes_requested().value;
  bound.counts.bytes_missed = bound.counts.bytes_requested;
  const std::vector<ReuseInterval>& items = intervals.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i + kPrefetchAhead < items.size()) {
      taken.prefetch(items[i + kPrefetchAhead].from, items[i + kPrefetchAhead].to);
    }
    const ReuseInterval& interval = items[i];
    const std::uint64_t bytes = intervals.bytes(interval);
    if (taken.exceeds(interval.from, interval.to, input.capacity.value - bytes)) continue;
    taken.add(interval.from, interval.to, bytes);
    bound.saved += intervals.cost(interval);
    --bound.counts.misses;
    bound.counts.bytes_missed -= intervals.bytes_hit(interval);
  }
  return bound;
}

CACHEBENCH_REGISTER(BoundDescriptor,
                    {.name = "pfoo-u",
                     .summary = "a schedule that exists: the densest reuse intervals that fit at every step",
                     .source = "after Berger, Beckmann, Harchol-Balter, SIGMETRICS 2018; greedy order ours",
                     .achievable = true,
                     .parameters = {},
                     .evaluate = evaluate});

}  // namespace
}  // namespace cachebench::policy
