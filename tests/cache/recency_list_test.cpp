// SPDX-License-Identifier: Apache-2.0
#include "cache/recency_list.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/rng.h"

namespace cachebench::cache {
namespace {

TEST_CASE("the list agrees with a vector that is searched") {
  RecencyList list;
  std::vector<std::uint32_t> slow;
  Rng rng(5);
  CHECK(list.oldest() == kNoEntry);
  for (int step = 0; step < 20'000; ++step) {
    const auto id = static_cast<std::uint32_t>(rng.below(300));
    slow.erase(std::remove(slow.begin(), slow.end(), id), slow.end());
    if (rng.below(3) == 0) {
      list.remove(static_cast<EntryId>(id));
    } else {
      list.touch(static_cast<EntryId>(id));
      slow.push_back(id);
    }
    REQUIRE(list.oldest() == (slow.empty() ? kNoEntry : static_cast<EntryId>(slow.front())));
  }
  for (const std::uint32_t expected : slow) {
    REQUIRE(index_of(list.oldest()) == expected);
    list.remove(list.oldest());
  }
  CHECK(list.oldest() == kNoEntry);
}

TEST_CASE("removing what is not there changes nothing") {
  RecencyList list;
  list.remove(EntryId{7});
  list.touch(EntryId{3});
  list.remove(EntryId{1'000'000});
  list.remove(EntryId{2});
  CHECK(list.oldest() == EntryId{3});
}

}  // namespace
}  // namespace cachebench::cache
