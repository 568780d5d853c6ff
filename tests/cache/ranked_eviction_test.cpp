// SPDX-License-Identifier: Apache-2.0
#include "cache/ranked_eviction.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/rng.h"

using namespace cachebench;
using cache::kNormalPriority;
using cache::Priority;
using cache::RankedEviction;

namespace {

constexpr auto kImages = static_cast<std::size_t>(ArtefactKind::kImage);

policy::AccessInfo info_of(std::uint64_t sequence, ArtefactKind kind) {
  policy::AccessInfo info;
  info.sequence = info.last_use = sequence;
  info.now = Nanoseconds{static_cast<std::int64_t>(sequence)};
  info.kind = kind;
  info.uses = 1;
  return info;
}

struct Resident {
  Priority priority;
  ArtefactKind kind;
};

std::vector<std::string> policies() {
  std::vector<std::string> names;
  for (const std::string& name : policy::EvictionRegistry::instance().names()) {
    if (!policy::EvictionRegistry::instance().find(name)->sees_future) names.push_back(name);
  }
  return names;
}

}  // namespace

TEST_CASE("under every policy the victim is of the lowest class that has one, of the kind that was asked") {
  for (const std::string& name : policies()) {
    CAPTURE(name);
    RankedEviction::Kinds with_quota{};
    with_quota[kImages] = true;
    RankedEviction ranked({.name = name, .values = {}}, {.capacity = Bytes{40}}, with_quota);
    Rng rng(7);
    std::map<std::uint32_t, Resident> resident;
    policy::PinSet pins;
    std::set<std::uint32_t> pinned;
    for (std::uint64_t step = 0; step < 3000; ++step) {
      const auto number = static_cast<std::uint32_t>(rng.below(120));
      const EntryId id{number};
      const ArtefactKind kind = number % 3 == 0 ? ArtefactKind::kImage : ArtefactKind::kText;
      if (resident.contains(number)) {
        if (rng.below(4) == 0 && !pinned.contains(number)) {
          ranked.on_erase(id, policy::EraseReason::kRemoved);
          resident.erase(number);
        } else {
          ranked.on_hit(id, info_of(step, kind));
        }
      } else {
        const auto priority = static_cast<Priority>(rng.below(cache::kPriorities));
        ranked.set_priority(id, priority);
        ranked.on_arrival(id, info_of(step, kind));
        while (resident.size() >= 40 - pinned.size()) {
          const bool of_kind = rng.below(2) == 0;
          const EntryId victim = of_kind ? ranked.victim_of(ArtefactKind::kImage, pins) : ranked.victim(pins);
          Priority lowest = cache::kPriorities;
          for (const auto& [other, what] : resident) {
            if (pinned.contains(other) || (of_kind && what.kind != ArtefactKind::kImage)) continue;
            lowest = std::min(lowest, what.priority);
          }
          if (victim == kNoEntry) {
            REQUIRE(lowest == cache::kPriorities);
            break;
          }
          REQUIRE(resident.contains(index_of(victim)));
          REQUIRE_FALSE(pinned.contains(index_of(victim)));
          REQUIRE(resident.at(index_of(victim)).priority == lowest);
          if (of_kind) REQUIRE(resident.at(index_of(victim)).kind == ArtefactKind::kImage);
          ranked.on_erase(victim, policy::EraseReason::kEvicted);
          resident.erase(index_of(victim));
        }
        ranked.on_insert(id, info_of(step, kind));
        resident[number] = {priority, kind};
        if (rng.below(40) == 0 && pinned.size() < 5) {
          pins.pin(id);
          pinned.insert(number);
        }
      }
    }
  }
}

TEST_CASE("with one class and no quota the ranking is the policy's own") {
  RankedEviction ranked({.name = "lfu", .values = {}}, {.capacity = Bytes{8}}, {});
  const auto plain = policy::make_eviction({.name = "lfu", .values = {}}, {.capacity = Bytes{8}});
  Rng rng(3);
  std::set<std::uint32_t> resident;
  const policy::PinSet pins;
  for (std::uint64_t step = 0; step < 2000; ++step) {
    const EntryId id{static_cast<std::uint32_t>(rng.below(24))};
    const policy::AccessInfo info = info_of(step, ArtefactKind::kObject);
    if (resident.contains(index_of(id))) {
      ranked.on_hit(id, info);
      plain->on_hit(id, info);
      continue;
    }
    if (resident.size() == 8) {
      const EntryId victim = ranked.victim(pins);
      REQUIRE(victim == plain->victim(pins));
      ranked.on_erase(victim, policy::EraseReason::kEvicted);
      plain->on_erase(victim, policy::EraseReason::kEvicted);
      resident.erase(index_of(victim));
    }
    ranked.on_insert(id, info);
    plain->on_insert(id, info);
    resident.insert(index_of(id));
  }
}

TEST_CASE("a bad policy is refused when the ranking is made") {
  CHECK_THROWS_AS(RankedEviction({.name = "lur", .values = {}}, {.capacity = Bytes{8}}, {}), Error);
}
