// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/stack_distance.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

// The LRU stack itself, top first.
class SlowStack {
 public:
  std::uint64_t access(std::uint32_t id) {
    const auto found = std::find(stack_.begin(), stack_.end(), id);
    const std::uint64_t depth =
        found == stack_.end() ? 0 : static_cast<std::uint64_t>(found - stack_.begin()) + 1;
    if (depth > 0) stack_.erase(found);
    stack_.insert(stack_.begin(), id);
    return depth;
  }

 private:
  std::vector<std::uint32_t> stack_;
};

}  // namespace

TEST_CASE("distances are depths in an LRU stack") {
  StackDistance distance;
  CHECK(distance.access(EntryId{0}) == 0);
  CHECK(distance.access(EntryId{0}) == 1);
  CHECK(distance.access(EntryId{1}) == 0);
  CHECK(distance.access(EntryId{2}) == 0);
  CHECK(distance.access(EntryId{1}) == 2);
  CHECK(distance.access(EntryId{0}) == 3);
  CHECK(distance.access(EntryId{0}) == 1);
}

TEST_CASE("distances equal those of the slow stack, across renumberings") {
  Rng rng(8);
  for (const std::uint64_t distinct : {1ULL, 3ULL, 50ULL, 1500ULL}) {
    StackDistance fast;
    SlowStack slow;
    // Many times the places the tree begins with.
    for (int i = 0; i < 30'000; ++i) {
      // Half of the accesses go to the first tenth; ids appear in any order.
      const std::uint64_t id = rng.below(2) == 0 ? rng.below(distinct) : rng.below(distinct / 10 + 1);
      REQUIRE(fast.access(EntryId{static_cast<std::uint32_t>(id)}) ==
              slow.access(static_cast<std::uint32_t>(id)));
    }
  }
}

TEST_CASE("a scan never comes back until it does, at its full length") {
  StackDistance distance;
  constexpr std::uint32_t kObjects = 20'000;
  for (std::uint32_t id = 0; id < kObjects; ++id) REQUIRE(distance.access(EntryId{id}) == 0);
  for (std::uint32_t id = 0; id < kObjects; ++id) REQUIRE(distance.access(EntryId{id}) == kObjects);
}
