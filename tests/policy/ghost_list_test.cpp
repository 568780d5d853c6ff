// SPDX-License-Identifier: Apache-2.0
#include "policy/ghost_list.h"

#include <doctest.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("a ghost list against a queue searched from end to end") {
  GhostList ghosts(100);
  std::deque<std::pair<std::uint32_t, std::uint64_t>> queue;  // the oldest first
  const auto drop = [&](std::uint32_t id) {
    return std::erase_if(queue, [&](const auto& ghost) { return ghost.first == id; }) != 0;
  };
  Rng rng(4);
  for (int i = 0; i < 10'000; ++i) {
    const auto id = static_cast<std::uint32_t>(rng.below(80));
    const std::uint64_t bytes = 1 + rng.below(12) * rng.below(12);
    if (rng.below(4) == 0) {
      REQUIRE(ghosts.forget(EntryId{id}) == drop(id));
    } else {
      ghosts.remember(EntryId{id}, Bytes{bytes});
      drop(id);
      if (bytes <= 100) queue.emplace_back(id, bytes);
    }
    std::uint64_t sum = 0;
    for (const auto& ghost : queue) sum += ghost.second;
    for (; sum > 100; queue.pop_front()) sum -= queue.front().second;
    REQUIRE(ghosts.bytes() == sum);
    REQUIRE(ghosts.oldest() == (queue.empty() ? kNoEntry : EntryId{queue.front().first}));
    for (std::uint32_t other = 0; other < 80; ++other) {
      const bool expected =
          std::any_of(queue.begin(), queue.end(), [&](const auto& ghost) { return ghost.first == other; });
      REQUIRE(ghosts.contains(EntryId{other}) == expected);
    }
  }
}

TEST_CASE("a list for a number of ghosts, and a limit that sinks") {
  GhostList ghosts(3, 100);
  for (std::uint32_t id = 0; id < 5; ++id) ghosts.remember(EntryId{id});
  CHECK_FALSE(ghosts.contains(EntryId{1}));
  CHECK(ghosts.contains(EntryId{2}));
  ghosts.set_limit(1);
  CHECK(ghosts.oldest() == EntryId{4});
  CHECK(ghosts.bytes() == 1);
  ghosts.set_limit(0);
  ghosts.remember(EntryId{7});
  CHECK(ghosts.oldest() == kNoEntry);
}
