// SPDX-License-Identifier: Apache-2.0
#include "policy/tracker.h"

#include <doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("counts, last use, hot and cold against a plain list of accesses") {
  Rng rng(2);
  for (const std::size_t window : {std::size_t{1}, std::size_t{7}, std::size_t{50}}) {
    AccessPatternTracker tracker(window);
    std::deque<std::uint32_t> last;
    std::map<std::uint32_t, std::int64_t> used;
    for (std::int64_t step = 1; step <= 3'000; ++step) {
      const auto id = static_cast<std::uint32_t>(rng.below(1 + rng.below(30)));
      tracker.on_access(EntryId{id}, {.now = Nanoseconds{step * 10}});
      last.push_back(id);
      if (last.size() > window) last.pop_front();
      used[id] = step * 10;
      std::set<EntryId> hot;
      for (std::uint32_t e = 0; e < 30; ++e) {
        const auto count = static_cast<std::uint32_t>(std::count(last.begin(), last.end(), e));
        REQUIRE(tracker.count(EntryId{e}) == count);
        if (count >= 2) hot.insert(EntryId{e});
      }
      const auto got = tracker.hot(2);
      REQUIRE(std::vector<EntryId>(hot.begin(), hot.end()) == got);
      std::vector<EntryId> cold;
      for (const auto& [e, when] : used) {
        if (step * 10 - when > 200) cold.push_back(EntryId{e});
        REQUIRE(tracker.idle(EntryId{e}, Nanoseconds{step * 10}).count() == step * 10 - when);
      }
      REQUIRE(tracker.cold(Nanoseconds{step * 10}, Nanoseconds{200}) == cold);
    }
    CHECK(tracker.accesses() == 3'000);
    CHECK(tracker.window() == window);
  }
}

TEST_CASE("gaps of a periodic entry") {
  AccessPatternTracker tracker(100);
  for (std::uint32_t i = 0; i < 400; ++i) tracker.on_access(EntryId{i % 8 == 0 ? 0 : 1 + i}, {});
  const AccessPattern pattern = tracker.pattern(EntryId{0});
  CHECK(pattern.mean_gap == 8);
  CHECK(pattern.gap_deviation == 0);
  CHECK(pattern.accesses == 50);
  CHECK(tracker.pattern(EntryId{2}).mean_gap == 0);
}

TEST_CASE("an entry never seen") {
  const AccessPatternTracker tracker(3);
  CHECK(tracker.count(EntryId{9}) == 0);
  CHECK(tracker.idle(EntryId{9}, Nanoseconds{5}) == Nanoseconds::max());
  CHECK(tracker.hot(1).empty());
  CHECK(tracker.cold(Nanoseconds{5}, Nanoseconds{0}).empty());
}
