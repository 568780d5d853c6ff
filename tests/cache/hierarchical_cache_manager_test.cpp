// SPDX-License-Identifier: Apache-2.0
#include "cache/hierarchical_cache_manager.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::content_of;
using testing::engine_options_of;
using testing::entry_of;
using testing::RealCache;
using testing::round_costs;

struct Simulated {
  hardware::CostModel costs = round_costs();
  HierarchicalCacheManager manager;
  Simulated(const std::vector<testing::TierSpec>& tiers, const std::string& migration,
            DecisionClock clock = DecisionClock::kServiceSum)
      : manager(engine_options_of(tiers, migration), costs, std::make_unique<NullTransfers>(), clock) {}
};

TEST_CASE("by name: what is put is got, a put replaces, a read one is not replaced") {
  RealCache cache({{10'000}, {100'000}}, "none");
  HierarchicalCacheManager& manager = cache.manager();
  CHECK_FALSE(manager.get_tensor("example").has_value());
  const auto small = content_of(1, 4'000);
  const auto large = content_of(2, 6'000);
  const TensorMeta small_meta{.shape = {40, 50}, .dtype = DType::kF16};
  const TensorMeta large_meta{.shape = {6'000}, .dtype = DType::kU8};
  CHECK(manager.put_tensor({.meta = small_meta, .data = small}, "example"));  // asked for before, then known
  {
    const auto got = manager.get_tensor("example");
    REQUIRE(got.has_value());
    CHECK(got->served() == Level::kL1);
    CHECK(got->meta() == small_meta);
    CHECK(RealCache::bytes_of(*got) == small);
    CHECK_FALSE(manager.put_tensor({.meta = large_meta, .data = large}, "example"));
  }
  CHECK(manager.put_tensor({.meta = large_meta, .data = large}, "example"));
  const auto got = manager.get_tensor("example");
  REQUIRE(got.has_value());
  CHECK(got->meta() == large_meta);
  CHECK(RealCache::bytes_of(*got) == large);
  CHECK(manager.counters().tiers[0].used == Bytes{6'000});
}

TEST_CASE("by name: what no tier can take is refused") {
  RealCache cache({{1'000}}, "none");
  const auto content = content_of(1, 1'001);
  CHECK_FALSE(cache.manager().put_tensor(view_of(content), "large"));
  CHECK_FALSE(cache.manager().get_tensor("large").has_value());
  CHECK(cache.manager().counters().causes[static_cast<std::size_t>(MissCause::kTooLarge)] == 1);
}

TEST_CASE("of several callers that miss one entry, one owns it and the others land with it") {
  Simulated simulated({{1'000}}, "none");
  HierarchicalCacheManager& manager = simulated.manager;
  const LookupResult owner = manager.lookup(entry_of(1, 100));
  REQUIRE(owner.owned);
  const LookupResult second = manager.lookup(entry_of(1, 100));
  CHECK_FALSE(second.owned);
  REQUIRE(second.joined == owner.owned);
  CHECK(manager.counters().accesses == 1);  // the join is counted when it ends
  manager.put(entry_of(1, 100), nullptr, owner.owned);
  const LookupResult landed = manager.finish_join(entry_of(1, 100), second.joined);
  CHECK(landed.decision.hit);
  CHECK(landed.decision.served == Level::kL1);
  CHECK(manager.counters().joined_hits == 1);
  CHECK(manager.lookup(entry_of(1, 100)).decision.hit);
}

TEST_CASE("whoever waited for what landed nowhere missed it for the owner's cause") {
  Simulated simulated({{1'000}}, "none");
  HierarchicalCacheManager& manager = simulated.manager;
  const LookupResult owner = manager.lookup(entry_of(1, 5'000));
  const LookupResult waiter = manager.lookup(entry_of(1, 5'000));
  manager.put(entry_of(1, 5'000), nullptr, owner.owned);
  CHECK(manager.finish_join(entry_of(1, 5'000), waiter.joined).decision.cause == MissCause::kCold);
  const LookupResult again = manager.lookup(entry_of(1, 5'000));
  CHECK(again.decision.cause == MissCause::kTooLarge);
  const LookupResult other = manager.lookup(entry_of(1, 5'000));
  manager.abandon(entry_of(1, 5'000), again.owned);
  CHECK_FALSE(manager.finish_join(entry_of(1, 5'000), other.joined).decision.hit);
  CHECK(manager.lookup(entry_of(1, 5'000)).owned);  // the flight is over: a new one begins
  CHECK(manager.counters().causes[static_cast<std::size_t>(MissCause::kTooLarge)] == 3);
}

TEST_CASE("a corrupt record is a miss, counted once, and computed anew") {
  RealCache cache({{1'000}, {1'000}, {1'000'000}}, "promote-on-hit");
  HierarchicalCacheManager& manager = cache.manager();
  cache.put(1, 100'000);
  cache.plane(2).corrupt_reads = 1;
  LookupResult found = manager.lookup(entry_of(1, 100'000));
  REQUIRE(found.decision.hit);
  CHECK(RealCache::bytes_of(found.handle).empty());
  manager.report_corrupt(found.handle);
  manager.report_corrupt(found.handle);
  CHECK(manager.counters().hits == 0);
  CHECK(manager.counters().misses == 1);
  CHECK(manager.counters().causes[static_cast<std::size_t>(MissCause::kCorrupt)] == 1);
  found.handle.release();
  cache.put(1, 100'000);
  const LookupResult again = manager.lookup(entry_of(1, 100'000));
  CHECK(RealCache::bytes_of(again.handle) == content_of(1, 100'000));
}

TEST_CASE("a reader of the old copy does not give up the new one") {
  RealCache cache({{1'000'000}}, "none");
  HierarchicalCacheManager& manager = cache.manager();
  cache.put(1, 1'000);
  LookupResult one = manager.lookup(entry_of(1, 1'000));
  LookupResult two = manager.lookup(entry_of(1, 1'000));
  manager.report_corrupt(one.handle);
  cache.put(1, 1'000);
  manager.report_corrupt(two.handle);
  CHECK(manager.counters().hits == 0);
  CHECK(manager.lookup(entry_of(1, 1'000)).decision.hit);
}

TEST_CASE("a hit counted before a reset is not taken off the counts after it") {
  RealCache cache({{1'000'000}}, "none");
  HierarchicalCacheManager& manager = cache.manager();
  cache.put(1, 1'000);
  LookupResult found = manager.lookup(entry_of(1, 1'000));
  const CacheCounters before = manager.reset_counters();
  CHECK(before.hits == 1);
  manager.report_corrupt(found.handle);
  CHECK(manager.counters().hits == 0);
  CHECK(manager.counters().misses == 0);
  CHECK(manager.counters().tiers[0].used == Bytes{0});
}

TEST_CASE("the clock sums modelled service times, or is told") {
  Simulated closed({{1'000}}, "none");
  CHECK_FALSE(closed.manager.lookup(entry_of(1, 100)).decision.hit);
  CHECK(closed.manager.now() == Nanoseconds{1'000'010});
  closed.manager.set_now(Nanoseconds{5});  // it never goes back
  CHECK(closed.manager.now() == Nanoseconds{1'000'010});
  Simulated open({{1'000}}, "none", DecisionClock::kExternal);
  CHECK_FALSE(open.manager.lookup(entry_of(1, 100)).decision.hit);
  CHECK(open.manager.now() == Nanoseconds{0});
  open.manager.set_now(Nanoseconds{7});
  CHECK(open.manager.now() == Nanoseconds{7});
}

TEST_CASE("real planes and none decide the same, to the hash") {
  Simulated simulated({{3'000}, {6'000}, {20'000}}, "demote-on-evict");
  RealCache real({{3'000}, {6'000}, {20'000}}, "demote-on-evict");
  Rng rng(3);
  for (int step = 0; step < 3'000; ++step) {
    const std::uint64_t number = rng.below(rng.below(60) + 1);
    const std::uint64_t bytes = 100 + number * 30;
    const LookupResult found = simulated.manager.lookup(entry_of(number, bytes));
    if (found.owned) simulated.manager.put(entry_of(number, bytes), nullptr, found.owned);
    const LookupResult same = real.fetch(number, bytes);
    REQUIRE(found.decision.hit == same.decision.hit);
    REQUIRE(found.decision.served == same.decision.served);
    if (same.handle) REQUIRE(RealCache::bytes_of(same.handle) == content_of(number, bytes));
  }
  CHECK(simulated.manager.decision_log_hash() == real.manager().decision_log_hash());
  CHECK(simulated.manager.decisions() == real.manager().decisions());
  CHECK(simulated.manager.counters().service_ns == real.manager().counters().service_ns);
}

TEST_CASE("what a process left on its SSD serves the next one") {
  const testing::TempDir folder;
  {
    RealCache first({{1'000}, {1'000}, {1'000'000}}, "none", folder / "store", true);
    for (std::uint64_t i = 0; i < 5; ++i) first.put(i, 20'000 + i);
  }
  RealCache second({{1'000}, {1'000}, {1'000'000}}, "none", folder / "store", true);
  CHECK(second.adopted() == 5);
  for (std::uint64_t i = 0; i < 5; ++i) {
    const LookupResult found = second.manager().lookup(entry_of(i, 20'000 + i));
    REQUIRE(found.decision.served == Level::kL3);
    CHECK(RealCache::bytes_of(found.handle) == content_of(i, 20'000 + i));
  }
  CHECK(second.manager().counters().saved_ns > 0);  // its cost was learnt from who asked
}

TEST_CASE("a smaller tier takes in what fits and frees the rest") {
  const testing::TempDir folder;
  {
    RealCache first({{1'000}, {1'000}, {1'000'000}}, "none", folder / "store", true);
    for (std::uint64_t i = 0; i < 10; ++i) first.put(i, 90'000);
  }
  RealCache second({{1'000}, {1'000}, {300'000}}, "none", folder / "store", true);
  CHECK(second.adopted() == 3);
  second.manager().drain();
  CHECK(second.plane(2).stats().allocated <= Bytes{3 * (90'112 + 4'096)});
}

TEST_CASE("skipped references are counted without a look-up") {
  Simulated simulated({{1'000}}, "none");
  simulated.manager.account_skipped(entry_of(1, 100), Skipped::kCovered);
  simulated.manager.account_skipped(entry_of(2, 100), Skipped::kBehindGap);
  const CacheCounters counted = simulated.manager.counters();
  CHECK(counted.covered == 1);
  CHECK(counted.misses == 1);
  CHECK(counted.tiers[0].accesses == 0);
  CHECK(simulated.manager.now() == Nanoseconds{1'000'010});
}

TEST_CASE("what is held is read where it lies, keeps its place and counts nothing") {
  RealCache cache({{10'000}, {10'000}}, "demote-on-evict");
  HierarchicalCacheManager& manager = cache.manager();
  cache.put(1, 8'000);
  cache.put(2, 8'000);  // the first goes down
  manager.drain();
  {
    const TensorHandle held = manager.hold(entry_of(1, 8'000).key);
    REQUIRE(held);
    CHECK(held.level() == Level::kL2);
    CHECK(RealCache::bytes_of(held) == content_of(1, 8'000));
    CHECK_FALSE(manager.erase(entry_of(1, 8'000).key));
  }
  CHECK_FALSE(manager.hold(entry_of(3, 8'000).key));
  CHECK(manager.counters().accesses == 0);
  CHECK(manager.erase(entry_of(1, 8'000).key));
  CHECK_FALSE(manager.hold(entry_of(1, 8'000).key));
}

}  // namespace
}  // namespace cachebench::cache
