// SPDX-License-Identifier: Apache-2.0
#include "policy/index_list.h"

#include <doctest.h>

#include <array>
#include <list>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

std::list<std::uint32_t> forwards(const IndexNodes& nodes, const IndexList& list) {
  std::list<std::uint32_t> result;
  for (EntryId id = list.front; id != kNoEntry; id = nodes.next(id)) result.push_back(index_of(id));
  return result;
}

std::list<std::uint32_t> backwards(const IndexNodes& nodes, const IndexList& list) {
  std::list<std::uint32_t> result;
  for (EntryId id = list.back; id != kNoEntry; id = nodes.previous(id)) result.push_front(index_of(id));
  return result;
}

}  // namespace

TEST_CASE("three lists over one array against std::list") {
  Rng rng(1);
  IndexNodes nodes;
  std::array<IndexList, 3> lists;
  std::array<std::list<std::uint32_t>, 3> expected;
  constexpr std::uint64_t kIds = 40;
  std::array<int, kIds> where{};
  where.fill(-1);
  for (int step = 0; step < 20'000; ++step) {
    const auto raw = static_cast<std::uint32_t>(rng.below(kIds));
    const EntryId id{raw};
    const std::size_t target = rng.below(3);
    if (where[raw] < 0) {
      if (rng.below(2) == 0) {
        nodes.push_front(lists[target], id);
        expected[target].push_front(raw);
      } else {
        nodes.push_back(lists[target], id);
        expected[target].push_back(raw);
      }
      where[raw] = static_cast<int>(target);
    } else {
      const auto at = static_cast<std::size_t>(where[raw]);
      expected[at].remove(raw);
      if (rng.below(2) == 0) {
        nodes.move_to_front(lists[at], id);
        expected[at].push_front(raw);
      } else {
        nodes.erase(lists[at], id);
        where[raw] = -1;
      }
    }
    CHECK(nodes.linked(id) == (where[raw] >= 0));
    for (std::size_t i = 0; i < 3; ++i) {
      REQUIRE(forwards(nodes, lists[i]) == expected[i]);
      REQUIRE(backwards(nodes, lists[i]) == expected[i]);
      REQUIRE(lists[i].empty() == expected[i].empty());
    }
  }
}

TEST_CASE("ids never linked, and ids far beyond the reserve") {
  IndexNodes nodes;
  nodes.reserve(4);
  IndexList list;
  CHECK_FALSE(nodes.linked(EntryId{0}));
  CHECK_FALSE(nodes.linked(EntryId{3}));
  CHECK_FALSE(nodes.linked(EntryId{1'000'000}));
  nodes.push_back(list, EntryId{1'000'000});
  nodes.push_back(list, EntryId{0});
  CHECK(nodes.linked(EntryId{0}));
  CHECK(forwards(nodes, list) == std::list<std::uint32_t>{1'000'000, 0});
}
