// SPDX-License-Identifier: Apache-2.0
// How copies enter, leave and change tiers: watermarks, pins, exchanges, sizes that change, idle entries.
#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"
#include "cache/decision_engine.h"

namespace cachebench::cache {
namespace {

using testing::engine_options_of;
using testing::entry_of;
using testing::round_costs;
using testing::TierSpec;

constexpr std::uint64_t kMi = std::uint64_t{1} << 20;

struct Bench {
  hardware::CostModel costs = round_costs();
  DecisionEngine engine;
  Bench(const std::vector<TierSpec>& tiers, const std::string& migration)
      : engine(engine_options_of(tiers, migration), costs) {}

  EntryId id(std::uint64_t number, std::uint64_t bytes = 1) { return engine.intern(entry_of(number, bytes)); }
  AccessDecision access(std::uint64_t number, std::uint64_t bytes) {
    return engine.access(id(number, bytes), Bytes{bytes});
  }
  Level put(std::uint64_t number, std::uint64_t bytes) { return engine.put(id(number, bytes)).top(); }
  /// A miss, then the put.
  Level enter(std::uint64_t number, std::uint64_t bytes) {
    REQUIRE_FALSE(access(number, bytes).hit);
    return put(number, bytes);
  }
  Level where(std::uint64_t number) { return engine.directory()[id(number)].copies.top(); }
  const TierCounters& tier(std::size_t i) { return engine.counters().tiers[i]; }
  std::vector<Move> moves() { return std::exchange(engine.moves(), {}); }
};

bool is(const Move& move, Move::Kind kind, Level from, Level to) {
  return move.kind == kind && move.from == from && move.to == to;
}

TEST_CASE("eviction starts above the high watermark and stops at the low one") {
  Bench bench({{100, "lru", 0.9, 0.5}}, "none");
  std::uint64_t next = 0;
  while (next < 9) bench.put(next++, 10);
  CHECK(bench.tier(0).used == Bytes{90});
  CHECK(bench.tier(0).evictions == 0);
  bench.put(next++, 10);
  CHECK(bench.tier(0).used == Bytes{50});
  CHECK(bench.tier(0).evictions == 5);
  for (int i = 0; i < 4; ++i) bench.put(next++, 10);  // between the marks nothing leaves
  CHECK(bench.tier(0).used == Bytes{90});
  CHECK(bench.tier(0).evictions == 5);
  bench.put(next++, 10);
  CHECK(bench.tier(0).evictions == 10);
  // Larger than the low mark allows: everything makes way, and it fits.
  CHECK(bench.put(next++, 100) == Level::kL1);
  CHECK(bench.tier(0).used == Bytes{100});
}

TEST_CASE("two full tiers exchange entries in one step") {
  Bench bench({{100}, {100}}, "demote-on-evict");
  bench.put(1, 100);
  bench.put(2, 100);
  REQUIRE(bench.where(1) == Level::kL2);
  REQUIRE(bench.where(2) == Level::kL1);
  bench.moves();
  const AccessDecision hit = bench.access(1, 100);
  CHECK(hit.served == Level::kL2);
  CHECK(hit.level == Level::kL1);
  CHECK(bench.where(2) == Level::kL2);
  const std::vector<Move> moves = bench.moves();
  REQUIRE(moves.size() == 2);
  CHECK(is(moves[0], Move::Kind::kMove, Level::kL2, Level::kL1));  // its source is held first
  CHECK(is(moves[1], Move::Kind::kMove, Level::kL1, Level::kL2));
  for (std::size_t i = 0; i < 2; ++i) CHECK(bench.tier(i).peak == Bytes{100});
  CHECK(bench.tier(0).promotions_in == 1);
  CHECK(bench.tier(1).demotions_in == 2);
}

TEST_CASE("a pinned entry is neither promoted nor evicted") {
  Bench bench({{100}, {200}}, "demote-on-evict");
  bench.put(1, 60);
  bench.put(2, 60);
  REQUIRE(bench.where(1) == Level::kL2);
  bench.engine.pin(bench.id(1));
  CHECK(bench.access(1, 60).level == Level::kL2);
  CHECK(bench.tier(0).promotions_in == 0);
  bench.engine.unpin(bench.id(1));
  bench.engine.pin(bench.id(2));
  CHECK(bench.access(1, 60).level == Level::kL2);  // L1's room is pinned
  CHECK(bench.put(3, 60) == Level::kNone);
  bench.engine.unpin(bench.id(2));
  CHECK(bench.access(1, 60).level == Level::kL1);
  CHECK(bench.where(2) == Level::kL2);
}

TEST_CASE("a demotion skips tiers that are too small, and drops where nothing can take it") {
  Bench bench({{100}, {50}, {100}}, "demote-on-evict");
  bench.put(1, 100);
  bench.put(2, 100);
  CHECK(bench.where(1) == Level::kL3);
  bench.engine.pin(bench.id(1));
  bench.moves();
  bench.put(3, 100);  // 2 has nowhere to go
  CHECK(bench.where(2) == Level::kNone);
  const std::vector<Move> moves = bench.moves();
  REQUIRE(moves.size() == 2);
  CHECK(is(moves[0], Move::Kind::kDrop, Level::kL1, Level::kNone));
  CHECK(is(moves[1], Move::Kind::kInsert, Level::kNone, Level::kL1));
  CHECK(bench.access(2, 100).cause == MissCause::kCapacity);
}

TEST_CASE("another size is a hit of the new size, and eviction follows") {
  Bench bench({{100}, {100}}, "none");
  bench.put(1, 40);
  bench.put(2, 40);
  AccessDecision hit = bench.access(2, 70);
  CHECK(hit.hit);
  CHECK(hit.resized);
  CHECK(bench.tier(0).used == Bytes{70});
  CHECK(bench.tier(0).evictions == 1);
  CHECK_FALSE(bench.access(1, 40).hit);
  hit = bench.access(2, 30);  // smaller: room for another
  CHECK(hit.resized);
  CHECK(bench.tier(0).used == Bytes{30});
  CHECK(bench.put(3, 70) == Level::kL1);
  hit = bench.access(3, 101);  // beyond the tier: a hit still, then gone
  CHECK(hit.hit);
  CHECK_FALSE(hit.resized);
  CHECK(hit.level == Level::kNone);
  CHECK(bench.access(3, 101).cause == MissCause::kTooLarge);
  CHECK(bench.tier(0).peak <= Bytes{100});
}

TEST_CASE("an entry that grows beside pinned ones gives way itself, and the budget holds") {
  Bench bench({{100}}, "none");
  bench.put(1, 50);
  bench.put(2, 50);
  bench.engine.pin(bench.id(1));
  bench.engine.pin(bench.id(2));
  CHECK(bench.access(2, 80).hit);
  CHECK(bench.tier(0).used == Bytes{50});
  CHECK(bench.tier(0).peak <= Bytes{100});
  bench.engine.unpin(bench.id(2));
  CHECK(bench.access(2, 80).cause == MissCause::kCapacity);
  CHECK(bench.put(2, 50) == Level::kNone);  // 80 bytes by now, and 50 are pinned
  bench.engine.unpin(bench.id(1));
  CHECK(bench.put(2, 80) == Level::kL1);
}

TEST_CASE("seed-threshold: a put goes by size, to the next lower tier where its own is too small") {
  Bench bench({{512 * kMi}, {1024 * kMi}, {4096 * kMi}}, "seed-threshold");
  CHECK(bench.put(1, kMi - 1) == Level::kL1);
  CHECK(bench.put(2, kMi) == Level::kL2);
  CHECK(bench.put(3, 100 * kMi - 1) == Level::kL2);
  CHECK(bench.put(4, 100 * kMi) == Level::kL3);
  Bench small({{1000}, {kMi}, {400 * kMi}}, "seed-threshold");
  CHECK(small.put(1, 1001) == Level::kL2);
  CHECK(small.put(2, 2 * kMi) == Level::kL3);
  CHECK(small.put(3, 500 * kMi) == Level::kNone);
}

TEST_CASE("seed-threshold: the fourth access in the window moves to L1, the second out of L3") {
  Bench bench({{512 * kMi}, {1024 * kMi}, {4096 * kMi}}, "seed-threshold");
  CHECK(bench.enter(1, 150 * kMi) == Level::kL3);
  CHECK(bench.access(1, 150 * kMi).level == Level::kL2);  // c = 2
  CHECK(bench.access(1, 150 * kMi).level == Level::kL2);  // c = 3
  CHECK(bench.access(1, 150 * kMi).level == Level::kL1);  // c = 4
  CHECK(bench.tier(0).promotions_in == 1);
  CHECK(bench.tier(1).promotions_in == 1);
  CHECK(bench.enter(2, 2 * kMi) == Level::kL2);
  CHECK(bench.access(2, 2 * kMi).level == Level::kL2);
  CHECK(bench.access(2, 2 * kMi).level == Level::kL2);
  CHECK(bench.access(2, 2 * kMi).level == Level::kL1);
  // Too large for L1: the medium row is next.
  CHECK(bench.enter(3, 600 * kMi) == Level::kL3);
  for (int i = 0; i < 4; ++i) CHECK(bench.access(3, 600 * kMi).level == Level::kL2);
  // Accesses leave the window of 200: three of them long ago do not count.
  CHECK(bench.enter(4, 2 * kMi) == Level::kL2);
  bench.access(4, 2 * kMi);
  bench.access(4, 2 * kMi);
  for (int i = 0; i < 200; ++i) bench.access(1, 150 * kMi);
  CHECK(bench.access(4, 2 * kMi).level == Level::kL2);
}

TEST_CASE("seed-threshold: an evicted entry goes one tier down, from L3 it is gone") {
  Bench bench({{100}, {100}, {100}}, "seed-threshold");
  for (std::uint64_t i = 1; i <= 3; ++i) bench.put(i, 100);
  CHECK(bench.where(3) == Level::kL1);
  CHECK(bench.where(2) == Level::kL2);
  CHECK(bench.where(1) == Level::kL3);
  bench.put(4, 100);
  CHECK(bench.where(1) == Level::kNone);
  CHECK(bench.where(2) == Level::kL3);
}

constexpr Nanoseconds kIdle{std::chrono::seconds(600)};

TEST_CASE("seed-threshold: idle entries go to L3 at every thousandth access") {
  Bench bench({{1000}, {1000}, {1000}}, "seed-threshold");
  bench.enter(1, 10);  // one access
  bench.engine.advance(kIdle);
  bench.enter(2, 10);  // two; 1 is idle for the limit exactly
  for (int i = 2; i < 1000; ++i) bench.access(3, 5000);
  CHECK(bench.where(1) == Level::kL1);
  bench.engine.advance(Nanoseconds{1});
  for (int i = 0; i < 999; ++i) bench.access(3, 5000);
  CHECK(bench.where(1) == Level::kL1);  // not looked at yet
  bench.access(3, 5000);
  CHECK(bench.where(1) == Level::kL3);
  CHECK(bench.where(2) == Level::kL1);
  CHECK(bench.tier(2).demotions_in == 1);
  CHECK(bench.tier(0).evictions == 0);  // it made no room
}

TEST_CASE("seed-threshold: a tier that passes its high watermark sends idle entries away first") {
  Bench bench({{100, "lru", 0.8, 0.5}, {100}, {100}}, "seed-threshold");
  bench.enter(1, 40);
  bench.engine.advance(kIdle + Nanoseconds{1});
  bench.moves();
  CHECK(bench.enter(2, 45) == Level::kL1);
  CHECK(bench.where(1) == Level::kL3);
  CHECK(bench.tier(0).evictions == 0);
  const std::vector<Move> moves = bench.moves();
  REQUIRE(moves.size() == 2);
  CHECK(is(moves[0], Move::Kind::kMove, Level::kL1, Level::kL3));
}

TEST_CASE("seed-threshold: a pinned entry stays however idle") {
  Bench bench({{1000}, {1000}, {1000}}, "seed-threshold");
  bench.enter(1, 10);
  bench.engine.pin(bench.id(1));
  bench.engine.advance(kIdle * 2);
  for (int i = 1; i < 1000; ++i) bench.access(3, 5000);
  CHECK(bench.where(1) == Level::kL1);
}

TEST_CASE("promote-on-hit keeps the lower copy, and an eviction drops one copy only") {
  Bench bench({{100}, {1000}}, "promote-on-hit");
  bench.engine.adopt(bench.id(1, 80), Level::kL2);
  CHECK(bench.access(1, 80).level == Level::kL1);
  CHECK(bench.tier(1).used == Bytes{80});
  bench.put(2, 80);
  CHECK(bench.where(1) == Level::kL2);
  CHECK(bench.tier(1).demotions_in == 0);
  CHECK(bench.access(1, 80).served == Level::kL2);
}

}  // namespace
}  // namespace cachebench::cache
