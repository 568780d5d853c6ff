// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/uniform_optimum.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/rng.h"

namespace {

using namespace cachebench;
using policy::kNoStep;

struct Trace {
  policy::ReuseTable table{1};
  std::vector<std::uint32_t> since;  // by step; kNoStep in the warm-up
};

Trace random_trace(Rng& rng, std::size_t steps, std::size_t objects, std::size_t warmup) {
  Trace trace;
  std::vector<std::uint32_t> last(objects, kNoStep);
  for (std::size_t i = 0; i < steps; ++i) {
    std::uint32_t& before = last[rng.below(objects)];
    const bool counted = i >= warmup;
    trace.since.push_back(counted ? before : kNoStep);
    if (counted) {
      trace.table.add_access({.recompute = Nanoseconds{1}, .bytes = Bytes{1}, .since = before});
    } else {
      trace.table.skip_step();
    }
    before = static_cast<std::uint32_t>(i);
  }
  return trace;
}

// Every set of intervals, the one that ends at `step` next.
std::uint64_t most_hits(const Trace& trace, std::uint64_t entries, std::vector<std::uint64_t>& kept,
                        std::size_t step) {
  if (step == trace.since.size()) return 0;
  std::uint64_t best = most_hits(trace, entries, kept, step + 1);
  const std::uint32_t from = trace.since[step];
  if (from == kNoStep) return best;
  bool fits = true;
  for (std::size_t k = from; k < step; ++k) fits = ++kept[k] <= entries && fits;
  if (fits) best = std::max(best, 1 + most_hits(trace, entries, kept, step + 1));
  for (std::size_t k = from; k < step; ++k) --kept[k];
  return best;
}

TEST_CASE("the hits are those of the best of all schedules") {
  Rng rng(8);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const std::size_t steps = 1 + rng.below(15);
    const Trace trace = random_trace(rng, steps, 1 + rng.below(6), rng.below(steps));
    const std::uint64_t entries = rng.below(5);
    std::vector<std::uint64_t> kept(steps, 0);
    CHECK(policy::optimal_hits(trace.table, entries) == most_hits(trace, entries, kept, 0));
  }
}

TEST_CASE("nothing is hit in a tier of nothing, everything that was seen before in a large one") {
  Rng rng(1);
  const Trace trace = random_trace(rng, 1000, 50, 0);
  CHECK(policy::optimal_hits(trace.table, 0) == 0);
  CHECK(policy::optimal_hits(trace.table, 50) == 1000 - trace.table.first_references());
  CHECK(policy::optimal_hits(policy::ReuseTable(1), 10) == 0);
}

}  // namespace
