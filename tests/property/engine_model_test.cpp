// SPDX-License-Identifier: Apache-2.0
// The decision engine against a slow, obvious cache: random operations, every policy, every tier count.
#include <doctest.h>

#include "cache/decision_engine.h"
#include "core/rng.h"
#include "property/slow_cache.h"

namespace cachebench {
namespace {

using cache::DecisionEngine;
using test::SlowCache;

hardware::CostModel some_costs() {
  hardware::Profile profile;
  profile.h2d = profile.d2h = profile.ssd_read =
      profile.ssd_write = {.bytes_per_second = 1e9, .latency = Nanoseconds{10}};
  profile.flops_per_second = profile.device_bytes_per_second = 1e12;
  profile.decode_bytes_per_second = profile.encode_bytes_per_second = 1e9;
  return {profile, 1.0};
}

struct Setting {
  std::vector<SlowCache::Tier> tiers;
  std::string migration;
};

cache::EngineOptions options_for(const Setting& setting) {
  constexpr hardware::Medium kMedia[] = {hardware::Medium::kDevice, hardware::Medium::kHost,
                                         hardware::Medium::kSsd};
  cache::EngineOptions options;
  options.migration.name = setting.migration;
  for (std::size_t i = 0; i < setting.tiers.size(); ++i) {
    cache::TierOptions tier;
    tier.name = "L" + std::to_string(i + 1);
    tier.medium = kMedia[i];
    tier.capacity = Bytes{setting.tiers[i].capacity};
    tier.eviction.name = setting.tiers[i].policy;
    tier.admission.name = setting.tiers[i].admission;
    options.tiers.push_back(tier);
  }
  return options;
}

cache::EntryDescription entry(int key, std::uint64_t bytes) {
  cache::EntryDescription what;
  what.key = Key{1, static_cast<std::uint64_t>(key)};
  what.bytes = Bytes{bytes};
  what.recompute = Nanoseconds{1000};
  return what;
}

void compare_state(const DecisionEngine& engine, const SlowCache& slow, int keys) {
  for (std::size_t tier = 0; tier < engine.tier_count(); ++tier) {
    const cache::TierCounters& count = engine.counters().tiers[tier];
    REQUIRE(count.used.value == slow.used(tier));
    REQUIRE(count.hits == slow.counts(tier).hits);
    REQUIRE(count.evictions == slow.counts(tier).evictions);
    REQUIRE(count.promotions_in == slow.counts(tier).promotions);
    REQUIRE(count.demotions_in == slow.counts(tier).demotions);
    for (int key = 0; key < keys; ++key) {
      const EntryId id = engine.directory().find(Key{1, static_cast<std::uint64_t>(key)});
      if (id == kNoEntry) continue;
      const bool resident = engine.directory()[id].copies.has(level_at(tier));
      REQUIRE(resident == slow.has(tier, static_cast<int>(index_of(id))));
    }
  }
}

void run_random(const Setting& setting, std::uint64_t seed) {
  constexpr int kKeys = 40;
  const hardware::CostModel costs = some_costs();
  DecisionEngine engine(options_for(setting), costs);
  SlowCache slow(setting.tiers, setting.migration, costs, Nanoseconds{1000});
  Rng rng(seed);
  std::vector<std::uint64_t> size(kKeys);
  for (std::uint64_t& bytes : size) bytes = 1 + rng.below(12);
  for (int step = 0; step < 2000; ++step) {
    const int key = static_cast<int>(rng.below(rng.below(kKeys) + 1));  // skewed
    const std::uint64_t bytes = size[static_cast<std::size_t>(key)];
    const EntryId id = engine.intern(entry(key, bytes));
    const int number = static_cast<int>(index_of(id));
    if (rng.below(10) > 0) {
      const auto found = slow.access(number, bytes, engine.now());
      const cache::AccessDecision decision = engine.access(id, Bytes{bytes});
      REQUIRE(decision.hit == found.has_value());
      if (found) REQUIRE(index_of(decision.served) == *found);
      engine.advance(decision.service);
      if (decision.hit) continue;
    }
    const Level level = engine.put(id).top();
    const auto where = slow.put(number, bytes);
    REQUIRE((level != Level::kNone) == where.has_value());
    if (where) REQUIRE(index_of(level) == *where);
    engine.moves().clear();
    if (step % 50 == 0) compare_state(engine, slow, kKeys);
  }
  compare_state(engine, slow, kKeys);
}

TEST_CASE("the engine decides as a slow and obvious cache does") {
  for (const auto& item : policy::MigrationRegistry::instance().items()) {
    const std::string& migration = item.name;
    for (const std::string policy : {"lru", "fifo", "lfu"}) {
      for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
        CAPTURE(migration);
        CAPTURE(policy);
        run_random({{{30, policy}}, migration}, seed);
        run_random({{{20, policy}, {30, "lru"}}, migration}, seed);
        run_random({{{8, policy}, {20, "fifo"}, {60, policy}}, migration}, seed);
      }
    }
  }
}

TEST_CASE("the engine asks admission as a slow and obvious cache does") {
  for (const auto& item : policy::AdmissionRegistry::instance().items()) {
    for (const std::string migration : {"demote-on-evict", "write-through-selective", "write-back"}) {
      CAPTURE(migration);
      CAPTURE(item.name);
      run_random({{{30, "lru", item.name}}, migration}, 1);
      run_random({{{20, "fifo", item.name}, {40, "lfu", "always"}, {60, "lru", item.name}}, migration}, 2);
    }
  }
}

TEST_CASE("counts keep their identities and tiers their budgets whatever is asked") {
  const hardware::CostModel costs = some_costs();
  for (const auto& item : policy::MigrationRegistry::instance().items()) {
    const Setting setting{{{15, "lru"}, {30, "lfu"}, {50, "fifo"}}, item.name};
    cache::EngineOptions options = options_for(setting);
    options.tiers[0].high_watermark = 0.9;
    options.tiers[0].low_watermark = 0.5;
    options.tiers[0].admission.name = "tinylfu";
    options.tiers[2].admission.name = "payback";
    DecisionEngine engine(options, costs);
    Rng rng(7);
    std::vector<EntryId> pinned;
    for (int step = 0; step < 5000; ++step) {
      const auto name = static_cast<int>(rng.below(60));
      const EntryId id = engine.intern(entry(name, 1 + rng.below(20)));
      const Bytes size = engine.directory()[id].what.bytes;
      const Bytes bytes{rng.below(20) == 0 ? 1 + rng.below(20) : size.value};
      const auto what = rng.below(12);
      if (what < 8) {
        if (!engine.access(id, bytes).hit) (void)engine.put(id);
      } else if (what == 8) {
        engine.account_skipped(id, rng.below(2) == 0 ? cache::Skipped::kCovered : cache::Skipped::kBehindGap);
      } else if (what == 9 && !engine.directory()[id].copies.empty() && pinned.size() < 3) {
        engine.pin(id);
        pinned.push_back(id);
      } else if (what == 10 && !pinned.empty()) {
        engine.unpin(pinned.back());
        pinned.pop_back();
      } else if (what == 11 && !engine.is_pinned(id)) {
        engine.erase(id, cache::MissCause::kExpired);
      }
      // A handle keeps its bytes, not the place of an entry that grew beyond the room others leave.
      if (bytes > size && engine.directory()[id].copies.empty()) {
        for (auto held = std::count(pinned.begin(), pinned.end(), id); held > 0; --held) engine.unpin(id);
        std::erase(pinned, id);
      }
      for (const EntryId held : pinned) REQUIRE(!engine.directory()[held].copies.empty());
      engine.advance(Nanoseconds{50'000'000'000});  // far enough apart that some are idle
      engine.moves().clear();
    }
    const cache::CacheCounters& counted = engine.counters();
    CHECK(counted.hits + counted.covered + counted.misses == counted.accesses);
    std::uint64_t hits = 0;
    std::uint64_t causes = 0;
    std::uint64_t kinds = 0;
    for (std::size_t i = 0; i < engine.tier_count(); ++i) {
      hits += counted.tiers[i].hits;
      CHECK(counted.tiers[i].peak <= engine.tier(level_at(i)).capacity);
      CHECK(counted.tiers[i].hits + counted.tiers[i].misses == counted.tiers[i].accesses);
      if (i > 0) CHECK(counted.tiers[i].accesses == counted.tiers[i - 1].misses);
    }
    for (const std::uint64_t cause : counted.causes) causes += cause;
    for (const cache::KindCounters& kind : counted.kinds) kinds += kind.accesses;
    CHECK(hits == counted.hits);
    CHECK(causes == counted.misses);
    CHECK(kinds == counted.accesses);
  }
}

}  // namespace
}  // namespace cachebench
