// SPDX-License-Identifier: Apache-2.0
#include "policy/request_groups.h"

#include <doctest.h>

#include <map>
#include <set>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("the deepest of a group leaves first, whatever the order of arrival") {
  const PinSet none;
  RequestGroups groups;
  for (const std::uint32_t depth : {3U, 1U, 4U, 0U, 2U}) groups.add(EntryId{depth}, 77, depth);
  REQUIRE(groups.live().size() == 1);
  const std::uint32_t slot = groups.live().front();
  for (std::uint32_t depth = 5; depth-- > 0;) {
    CHECK(groups.deepest(slot, none) == EntryId{depth});
    groups.remove(EntryId{depth});
  }
  CHECK(groups.live().empty());
  CHECK(groups.group_of(EntryId{0}) == RequestGroups::kNone);
}

TEST_CASE("pinned entries are passed over") {
  PinSet pins;
  RequestGroups groups;
  for (std::uint32_t id = 0; id < 3; ++id) groups.add(EntryId{id}, 1, id);
  pins.pin(EntryId{2});
  CHECK(groups.deepest(groups.live().front(), pins) == EntryId{1});
  pins.pin(EntryId{1});
  pins.pin(EntryId{0});
  CHECK(groups.deepest(groups.live().front(), pins) == kNoEntry);
}

TEST_CASE("a slot that is reused tells itself from what it was") {
  RequestGroups groups;
  groups.add_alone(EntryId{5});
  const std::uint32_t slot = groups.group_of(EntryId{5});
  const std::uint64_t serial = groups.group(slot).serial;
  groups.remove(EntryId{5});
  CHECK(groups.group(slot).serial == 0);
  groups.add(EntryId{6}, 9, 0);
  CHECK(groups.group_of(EntryId{6}) == slot);
  CHECK(groups.group(slot).serial != serial);
}

TEST_CASE("groups against sets by name") {
  Rng rng(8);
  const PinSet none;
  RequestGroups groups;
  std::map<std::uint64_t, std::set<std::pair<std::uint32_t, std::uint32_t>>> model;  // depth, id
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint32_t>> where;
  for (int step = 0; step < 20'000; ++step) {
    const auto id = static_cast<std::uint32_t>(rng.below(200));
    if (const auto found = where.find(id); found != where.end()) {
      auto& members = model[found->second.first];
      members.erase({found->second.second, id});
      if (members.empty()) model.erase(found->second.first);
      where.erase(found);
      groups.remove(EntryId{id});
    } else {
      const std::uint64_t name = rng.below(12);
      const std::uint32_t depth = id;  // tells all apart
      model[name].insert({depth, id});
      where[id] = {name, depth};
      groups.add(EntryId{id}, name, depth);
    }
    REQUIRE(groups.live().size() == model.size());
    for (const std::uint32_t slot : groups.live()) {
      REQUIRE(index_of(groups.deepest(slot, none)) == model.at(groups.group(slot).name).rbegin()->second);
    }
  }
}
