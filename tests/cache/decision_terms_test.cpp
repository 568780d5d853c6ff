// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cache/cache_fixtures.h"
#include "cache/decision_engine.h"

namespace cachebench::cache {
namespace {

using testing::engine_options_of;
using testing::round_costs;

constexpr std::array<ArtefactKind, 3> kSomeKinds{ArtefactKind::kText, ArtefactKind::kImage,
                                                 ArtefactKind::kFusionOutput};

EntryDescription typed_entry(std::uint64_t number, std::uint64_t bytes) {
  EntryDescription what = testing::entry_of(number, bytes);
  what.kind = kSomeKinds[number % kSomeKinds.size()];
  return what;
}

std::size_t slot_of(ArtefactKind kind) {
  return static_cast<std::size_t>(kind);
}

// One tier under LRU the obvious way: a map of residents and a linear scan for every question.
class SlowTier {
 public:
  SlowTier(std::uint64_t capacity, KindShares quotas) : capacity_(capacity), quotas_(quotas) {}

  void expire(std::int64_t now) {
    for (auto at = held_.begin(); at != held_.end();) {
      if (at->second.deadline > now) {
        ++at;
        continue;
      }
      gone_[at->first] = MissCause::kExpired;
      ++expired;
      at = held_.erase(at);
    }
  }
  [[nodiscard]] bool touch(std::uint64_t number) {
    const auto found = held_.find(number);
    if (found == held_.end()) return false;
    found->second.touched = ++clock_;
    return true;
  }
  void put(std::uint64_t number, std::uint64_t bytes, std::int64_t deadline, Priority priority) {
    const ArtefactKind kind = kSomeKinds[number % kSomeKinds.size()];
    if (const auto found = held_.find(number); found != held_.end()) {
      found->second.deadline = deadline;
      found->second.touched = ++clock_;
      return;
    }
    if (bytes > quota(kind)) {
      gone_[number] = MissCause::kTooLarge;
      return;
    }
    while (has_quota(kind) && used(kind) + bytes > quota(kind)) evict(kind);
    while (used(std::nullopt) + bytes > capacity_) evict(std::nullopt);
    held_[number] = {bytes, deadline, ++clock_, priority, kind};
  }
  void resize(std::uint64_t capacity) {
    capacity_ = capacity;
    for (const ArtefactKind kind : kSomeKinds) {
      while (has_quota(kind) && used(kind) > quota(kind)) evict(kind);
    }
    while (used(std::nullopt) > capacity_) evict(std::nullopt);
  }
  [[nodiscard]] bool holds(std::uint64_t number) const { return held_.contains(number); }
  [[nodiscard]] MissCause cause(std::uint64_t number) const {
    const auto found = gone_.find(number);
    return found == gone_.end() ? MissCause::kCold : found->second;
  }
  [[nodiscard]] std::uint64_t used(std::optional<ArtefactKind> kind) const {
    std::uint64_t sum = 0;
    for (const auto& [number, held] : held_) sum += !kind || held.kind == *kind ? held.bytes : 0;
    return sum;
  }
  [[nodiscard]] std::uint64_t quota(ArtefactKind kind) const {
    const double share = quotas_[slot_of(kind)];
    return SizeSpec{.absolute = {}, .share = share, .is_share = true}.resolve(Bytes{capacity_}).value;
  }
  std::uint64_t expired = 0;

 private:
  struct Held {
    std::uint64_t bytes = 0;
    std::int64_t deadline = 0;
    std::uint64_t touched = 0;
    Priority priority = 0;
    ArtefactKind kind = ArtefactKind::kObject;
  };
  [[nodiscard]] bool has_quota(ArtefactKind kind) const { return quotas_[slot_of(kind)] < 1; }
  void evict(std::optional<ArtefactKind> kind) {
    auto worst = held_.end();
    for (auto at = held_.begin(); at != held_.end(); ++at) {
      if (kind && at->second.kind != *kind) continue;
      const auto rank = [](const Held& held) { return std::pair(held.priority, held.touched); };
      if (worst == held_.end() || rank(at->second) < rank(worst->second)) worst = at;
    }
    REQUIRE(worst != held_.end());
    gone_[worst->first] = MissCause::kCapacity;
    held_.erase(worst);
  }

  std::uint64_t capacity_;
  KindShares quotas_;
  std::map<std::uint64_t, Held> held_;
  std::map<std::uint64_t, MissCause> gone_;
  std::uint64_t clock_ = 0;
};

KindShares some_quotas() {
  KindShares quotas = kNoQuotas;
  quotas[slot_of(ArtefactKind::kImage)] = 0.4;
  quotas[slot_of(ArtefactKind::kText)] = 0.3;
  return quotas;
}

}  // namespace

TEST_CASE("lifetimes, priorities and quotas decide as looking through all entries does") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    EngineOptions options = engine_options_of({{200}}, "none");
    options.default_ttl = Nanoseconds{500};
    options.quotas = some_quotas();
    options.priorities = Priorities::kOn;
    const hardware::CostModel costs = round_costs();
    DecisionEngine engine(options, costs);
    SlowTier slow(200, options.quotas);
    Rng rng(seed);
    for (int step = 0; step < 6000; ++step) {
      const std::uint64_t number = rng.below(60);
      const std::uint64_t bytes = 1 + splitmix64(number) % 70;
      const EntryId id = engine.intern(typed_entry(number, bytes));
      engine.advance(Nanoseconds{static_cast<std::int64_t>(rng.below(20))});
      if (rng.below(500) == 0) engine.set_now(engine.now() + Nanoseconds{1'000'000});
      if (rng.below(300) == 0) {
        const std::uint64_t capacity = 60 + rng.below(140);
        slow.expire(engine.now().count());
        engine.expire_due();
        CHECK(engine.resize(Level::kL1, Bytes{capacity}) == Bytes{capacity});
        slow.resize(capacity);
      }
      slow.expire(engine.now().count());
      const bool expected = slow.touch(number);
      const AccessDecision decision = engine.access(id, Bytes{bytes});
      REQUIRE(decision.hit == expected);
      if (!decision.hit) REQUIRE(decision.cause == slow.cause(number));
      if (decision.hit && rng.below(10) != 0) continue;
      PutTerms terms{.ttl = {}, .priority = static_cast<Priority>(number % kPriorities)};
      if (rng.below(3) == 0) terms.ttl = Nanoseconds{static_cast<std::int64_t>(1 + rng.below(300))};
      engine.put(id, terms);
      slow.put(number, bytes, engine.now().count() + terms.ttl.value_or(options.default_ttl).count(),
               terms.priority);
      REQUIRE(engine.directory()[id].copies.empty() != slow.holds(number));
      REQUIRE(engine.counters().tiers[0].used.value == slow.used(std::nullopt));
      REQUIRE(engine.counters().expired == slow.expired);
    }
    CHECK(slow.expired > 100);
  }
}

TEST_CASE("no tier exceeds its quotas or serves what has expired, whoever moves and ranks entries") {
  for (const char* migration :
       {"demote-on-evict", "promote-on-hit", "write-through", "write-back", "seed-threshold", "cost-aware"}) {
    for (const char* eviction : {"lru", "lfu", "fifo", "predictive", "gdsf", "s3fifo", "arc", "lirs"}) {
      CAPTURE(migration);
      CAPTURE(eviction);
      EngineOptions options =
          engine_options_of({{100, eviction}, {200, eviction}, {400, eviction}}, migration);
      options.quotas = some_quotas();
      options.priorities = Priorities::kOn;
      options.prefetch.name = "session-next";
      const hardware::CostModel costs = round_costs();
      DecisionEngine engine(options, costs);
      Rng rng(11);
      std::map<std::uint64_t, std::int64_t> deadlines;
      std::vector<EntryId> pinned;
      for (int step = 0; step < 2500; ++step) {
        const std::uint64_t number = rng.below(90);
        const std::uint64_t bytes = 1 + splitmix64(number) % 60;
        const EntryId id = engine.intern(typed_entry(number, bytes));
        engine.advance(Nanoseconds{static_cast<std::int64_t>(rng.below(30))});
        const AccessDecision decision = engine.access(id, Bytes{bytes}, {.request = {.session = number % 7}});
        if (decision.hit) {
          REQUIRE(deadlines.at(number) > engine.now().count());
          if (pinned.size() < 3 && rng.below(10) == 0) {
            engine.pin(id);
            pinned.push_back(id);
          }
        } else {
          const std::int64_t ttl = 1 + static_cast<std::int64_t>(rng.below(3000));
          engine.put(id, {.ttl = Nanoseconds{ttl}, .priority = static_cast<Priority>(number % kPriorities)});
          deadlines[number] = engine.now().count() + ttl;
        }
        if (!pinned.empty() && rng.below(12) == 0) {
          engine.unpin(pinned.back());
          pinned.pop_back();
        }
        if (rng.below(60) == 0) {
          const auto tier = level_at(rng.below(3));
          const Bytes asked{20 + rng.below(80)};
          CHECK(engine.resize(tier, asked) >= asked);
        }
        if (rng.below(5) == 0) engine.end_request({.session = number % 7});
        engine.moves().clear();
        for (std::size_t tier = 0; tier < 3; ++tier) {
          std::map<ArtefactKind, std::uint64_t> used;
          for (std::uint32_t i = 0; i < engine.directory().size(); ++i) {
            const Entry& entry = engine.directory()[EntryId{i}];
            if (entry.copies.has(level_at(tier))) used[entry.what.kind] += entry.what.bytes.value;
          }
          const double capacity = static_cast<double>(engine.tier(level_at(tier)).capacity.value);
          std::uint64_t all = 0;
          for (const auto& [kind, bytes_used] : used) {
            REQUIRE(static_cast<double>(bytes_used) <= capacity * options.quotas[slot_of(kind)] + 1e-9);
            all += bytes_used;
          }
          REQUIRE(all == engine.counters().tiers[tier].used.value);
          REQUIRE(static_cast<double>(all) <= capacity);
        }
      }
      CHECK(engine.counters().expired > 0);
    }
  }
}

TEST_CASE("an entry expires at its deadline, is logged, and a clock that jumps back changes nothing") {
  EngineOptions options = engine_options_of({{100}, {100}}, "write-through");
  const hardware::CostModel costs = round_costs();
  DecisionEngine engine(options, costs);
  const EntryId id = engine.intern(testing::entry_of(1, 10));
  engine.set_now(Nanoseconds{1000});
  engine.put(id, {.ttl = Nanoseconds{50}});
  CHECK(engine.directory()[id].copies.has(Level::kL2));
  engine.set_now(Nanoseconds{500});
  CHECK(engine.now() == Nanoseconds{1000});
  engine.set_now(Nanoseconds{1049});
  CHECK(engine.access(id, Bytes{10}).hit);
  const std::uint64_t events = engine.log().events();
  engine.set_now(Nanoseconds{1050});
  const AccessDecision decision = engine.access(id, Bytes{10});
  CHECK_FALSE(decision.hit);
  CHECK(decision.cause == MissCause::kExpired);
  CHECK(engine.log().events() == events + 2);  // a copy in each tier
  CHECK(engine.counters().expired == 1);
  CHECK(engine.counters().tiers[0].evictions == 0);
  // A lifetime beyond the end of time is none.
  engine.put(id, {.ttl = Nanoseconds{std::numeric_limits<std::int64_t>::max()}});
  engine.set_now(Nanoseconds{std::numeric_limits<std::int64_t>::max() - 1});
  CHECK(engine.access(id, Bytes{10}).hit);
}

TEST_CASE("what a handle reads expires in the directory alone") {
  EngineOptions options = engine_options_of({{100}}, "none");
  options.default_ttl = Nanoseconds{10};
  const hardware::CostModel costs = round_costs();
  DecisionEngine engine(options, costs);
  const EntryId id = engine.intern(testing::entry_of(1, 60));
  engine.put(id);
  engine.pin(id);
  engine.advance(Nanoseconds{10});
  engine.expire_due();
  CHECK(engine.directory()[id].copies.empty());
  const EntryId other = engine.intern(testing::entry_of(2, 80));
  CHECK_FALSE(engine.put(other).empty());
  engine.unpin(id);
}

TEST_CASE("a tier shrinks to what is pinned, grows back, and never beyond what it was made for") {
  const hardware::CostModel costs = round_costs();
  DecisionEngine engine(engine_options_of({{100}}, "none"), costs);
  for (std::uint64_t i = 0; i < 10; ++i) engine.put(engine.intern(testing::entry_of(i, 10)));
  const EntryId kept = engine.intern(testing::entry_of(0, 10));
  engine.pin(kept);
  CHECK(engine.resize(Level::kL1, Bytes{35}) == Bytes{35});
  CHECK(engine.counters().tiers[0].used == Bytes{30});
  CHECK(engine.resize(Level::kL1, Bytes{3}) == Bytes{10});
  CHECK(engine.directory()[kept].copies.has(Level::kL1));
  CHECK(engine.counters().tiers[0].evictions == 9);
  CHECK(engine.resize(Level::kL1, Bytes{100}) == Bytes{100});
  CHECK_THROWS_AS(engine.resize(Level::kL1, Bytes{101}), Error);
}

TEST_CASE("a similar hit is counted for what was asked and touches what served") {
  const hardware::CostModel costs = round_costs();
  DecisionEngine engine(engine_options_of({{20}, {100}}, "demote-on-evict"), costs);
  EntryDescription served = testing::entry_of(1, 10);
  EntryDescription asked = testing::entry_of(2, 14);
  served.kind = asked.kind = ArtefactKind::kImage;
  const EntryId serving = engine.intern(served);
  engine.put(serving);
  engine.put(engine.intern(testing::entry_of(3, 10)));
  engine.put(engine.intern(testing::entry_of(4, 10)));  // `serving` goes down
  const EntryId wanted = engine.intern(asked);
  CHECK_FALSE(engine.can_stand_in(wanted));
  REQUIRE(engine.can_stand_in(serving));
  const AccessDecision decision = engine.access_similar(wanted, serving);
  CHECK(decision.hit);
  CHECK(decision.served == Level::kL2);
  CHECK(decision.level == Level::kL1);  // it moves up as at a hit of its own
  CHECK(decision.bytes == Bytes{10});
  const CacheCounters& counted = engine.counters();
  CHECK(counted.hits == 1);
  CHECK(counted.similar_hits == 1);
  CHECK(counted.bytes_requested == Bytes{14});
  CHECK(counted.bytes_hit == Bytes{14});
  CHECK(counted.tiers[1].bytes_read.value >= 10);
  CHECK(counted.kinds[slot_of(ArtefactKind::kImage)].similar_hits == 1);
  CHECK(counted.tiers[0].misses == 1);
  CHECK(counted.tiers[1].hits == 1);
  CHECK(counted.saved_ns == (costs.lookup() + asked.recompute - decision.service).count());
  engine.uncount_hit(serving, {.level = Level::kL2, .asked = wanted});
  CHECK(counted.hits == 0);
  CHECK(counted.similar_hits == 0);
  CHECK(counted.misses == 1);
  CHECK(counted.saved_ns == 0);
  CHECK(counted.bytes_hit == Bytes{0});
}

TEST_CASE("terms and quotas that make no sense are refused") {
  const hardware::CostModel costs = round_costs();
  const EngineOptions plain = engine_options_of({{100}}, "none");
  const DecisionEngine engine(plain, costs);
  for (const std::int64_t ttl : {std::int64_t{0}, std::int64_t{-5}, std::numeric_limits<std::int64_t>::min()})
    CHECK_THROWS_AS(engine.check_terms({.ttl = Nanoseconds{ttl}}), Error);
  CHECK_THROWS_AS(engine.check_terms({.ttl = {}, .priority = kPriorities}), Error);
  CHECK_THROWS_AS(engine.check_terms({.ttl = {}, .priority = 2}), Error);  // made without priorities
  CHECK_NOTHROW(engine.check_terms({.ttl = Nanoseconds{1}}));
  for (const double share : {-0.1, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    EngineOptions options = plain;
    options.quotas[slot_of(ArtefactKind::kImage)] = share;
    CHECK_THROWS_AS(DecisionEngine(options, costs), Error);
  }
  EngineOptions options = plain;
  options.default_ttl = Nanoseconds{-1};
  CHECK_THROWS_AS(DecisionEngine(options, costs), Error);
}

}  // namespace cachebench::cache
