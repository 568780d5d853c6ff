// SPDX-License-Identifier: Apache-2.0
#include "cache/decision_engine.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::engine_options_of;
using testing::entry_of;
using testing::round_costs;

// An admission that refuses, known to this binary only.
class Never final : public policy::AdmissionPolicy {
 public:
  void on_access(EntryId, const policy::AccessInfo&) override {}
  [[nodiscard]] bool admit(const policy::AdmissionQuery&) override { return false; }
};
[[maybe_unused]] const bool kRegistered = policy::AdmissionRegistry::instance().add(
    {.name = "test-never",
     .summary = "",
     .source = "",
     .parameters = {},
     .make = [](Bytes, const Parameters&) { return std::make_unique<Never>(); }});

// An engine and short words for its operations; entries by number.
struct Bench {
  hardware::CostModel costs = round_costs();
  DecisionEngine engine;
  explicit Bench(const EngineOptions& options) : engine(options, costs) {}

  EntryId id(std::uint64_t number, std::uint64_t bytes) { return engine.intern(entry_of(number, bytes)); }
  AccessDecision access(std::uint64_t number, std::uint64_t bytes) {
    return engine.access(id(number, bytes), Bytes{bytes});
  }
  policy::LevelSet put(std::uint64_t number, std::uint64_t bytes) { return engine.put(id(number, bytes)); }
  MissCause miss(std::uint64_t number, std::uint64_t bytes) {
    const AccessDecision decision = access(number, bytes);
    REQUIRE_FALSE(decision.hit);
    return decision.cause;
  }
  const TierCounters& tier(std::size_t i) { return engine.counters().tiers[i]; }

  void check_identities() {
    const CacheCounters& counted = engine.counters();
    CHECK(counted.hits + counted.covered + counted.misses == counted.accesses);
    CHECK(counted.bytes_hit + counted.bytes_missed <= counted.bytes_requested);
    CHECK(counted.joined_hits <= counted.hits);
    std::uint64_t hits = 0;
    std::uint64_t causes = 0;
    for (const std::uint64_t cause : counted.causes) causes += cause;
    for (std::size_t i = 0; i < engine.tier_count(); ++i) {
      hits += tier(i).hits;
      CHECK(tier(i).hits + tier(i).misses == tier(i).accesses);
      if (i > 0) CHECK(tier(i).accesses == tier(i - 1).misses);
      CHECK(tier(i).peak <= engine.tier(level_at(i)).capacity);
    }
    CHECK(hits == counted.hits);
    CHECK(causes == counted.misses);
  }
};

TEST_CASE("senseless options are refused with the tier's name") {
  const hardware::CostModel costs = round_costs();
  CHECK_THROWS_AS(DecisionEngine(engine_options_of({}, "none"), costs), Error);
  CHECK_THROWS_AS(DecisionEngine(engine_options_of({{1}, {1}, {1}}, "nonesuch"), costs), Error);
  CHECK_THROWS_AS(DecisionEngine(engine_options_of({{1, "lur"}}, "none"), costs), Error);
  for (const auto& [high, low] : {std::pair{1.1, 0.5}, {0.5, 0.6}, {0.5, 0.0}, {0.0, 0.0}}) {
    try {
      const DecisionEngine engine(engine_options_of({{100}, {100, "lru", high, low}}, "none"), costs);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("tier L2") != std::string::npos);
      CHECK(error.kind() == ErrorKind::kUsage);
    }
  }
}

TEST_CASE("every miss has its cause") {
  EngineOptions options = engine_options_of({{100}}, "none");
  Bench bench(options);
  CHECK(bench.miss(1, 60) == MissCause::kCold);
  CHECK(bench.miss(1, 60) == MissCause::kCold);  // looked up twice, never stored
  bench.put(1, 60);
  bench.put(2, 60);
  CHECK(bench.miss(1, 60) == MissCause::kCapacity);
  CHECK(bench.put(3, 101).empty());
  CHECK(bench.miss(3, 101) == MissCause::kTooLarge);
  bench.engine.erase(bench.id(2, 60), MissCause::kExpired);
  CHECK(bench.miss(2, 60) == MissCause::kExpired);
  bench.put(4, 10);
  bench.engine.drop_corrupt(bench.id(4, 10), Level::kL1, Level::kL1);
  CHECK(bench.miss(4, 10) == MissCause::kCorrupt);
  bench.put(5, 10);
  bench.engine.account_skipped(bench.id(5, 10), Skipped::kBehindGap);
  bench.engine.account_skipped(bench.id(6, 10), Skipped::kBehindGap);  // not resident: its own cause
  const auto& causes = bench.engine.counters().causes;
  CHECK(causes[static_cast<std::size_t>(MissCause::kBrokenPrefix)] == 1);
  CHECK(causes[static_cast<std::size_t>(MissCause::kCold)] == 3);
  bench.check_identities();

  options.tiers[0].admission.name = "test-never";
  Bench picky(options);
  CHECK(picky.put(1, 10).empty());
  CHECK(picky.miss(1, 10) == MissCause::kNotAdmitted);
  CHECK(picky.engine.counters().refusals == 1);
}

TEST_CASE("serving costs what the profile says, and saves the difference") {
  Bench bench(engine_options_of({{100}, {1000}, {10'000}}, "none"));
  CHECK(bench.access(1, 50).service == Nanoseconds{10 + 1'000'000});
  bench.put(1, 50);     // L1
  bench.put(2, 500);    // L2: too large for L1
  bench.put(3, 5'000);  // L3
  CHECK(bench.access(1, 50).service == Nanoseconds{10});
  CHECK(bench.access(2, 500).service == Nanoseconds{10 + 100 + 500});
  CHECK(bench.access(3, 5'000).service == Nanoseconds{10 + 100 + 5'000 + 100 + 5'000});
  const std::int64_t saved = 3 * 1'000'000 - (100 + 500) - (2 * 100 + 2 * 5'000);
  CHECK(bench.engine.counters().saved_ns == saved);
  CHECK(bench.engine.counters().service_ns == 1'000'010 + 10 + 610 + 10'210);
  CHECK(bench.engine.counters().links.pcie_up == Bytes{5'500});
  CHECK(bench.engine.counters().links.ssd_read == Bytes{5'000});
  bench.check_identities();
}

TEST_CASE("what was resident behind a gap is touched, not stored twice") {
  Bench bench(engine_options_of({{100}}, "none"));
  bench.put(1, 40);
  bench.put(2, 40);
  bench.engine.account_skipped(bench.id(1, 40), Skipped::kBehindGap);
  bench.put(1, 40);  // recomputed
  CHECK(bench.engine.counters().insertions == 2);
  CHECK(bench.tier(0).used == Bytes{80});
  bench.put(3, 40);  // 2 is now the least recently used
  CHECK(bench.access(1, 40).hit);
  CHECK_FALSE(bench.access(2, 40).hit);
}

TEST_CASE("covered references save their computation and touch nothing") {
  Bench bench(engine_options_of({{100}}, "none"));
  bench.put(1, 40);
  bench.put(2, 40);
  CHECK(bench.engine.account_skipped(bench.id(1, 40), Skipped::kCovered) == Nanoseconds{0});
  CHECK(bench.engine.counters().covered == 1);
  CHECK(bench.engine.counters().saved_ns == 1'000'000);
  bench.put(3, 40);
  CHECK_FALSE(bench.access(1, 40).hit);  // still the least recently used
  bench.check_identities();
}

TEST_CASE("a joined reference is a hit where the entry landed, or a miss of the owner's cause") {
  Bench bench(engine_options_of({{100}, {1000}}, "none"));
  bench.miss(1, 500);
  bench.put(1, 500);
  CHECK(bench.engine.account_joined(bench.id(1, 500), Level::kL2, MissCause::kCold) == Nanoseconds{610});
  CHECK(bench.engine.counters().joined_hits == 1);
  CHECK(bench.tier(1).hits == 1);
  bench.engine.account_joined(bench.id(2, 5'000), Level::kNone, MissCause::kTooLarge);
  CHECK(bench.engine.counters().causes[static_cast<std::size_t>(MissCause::kTooLarge)] == 1);
  bench.check_identities();
}

TEST_CASE("with everything pinned a put is refused and the budget holds") {
  Bench bench(engine_options_of({{100}}, "none"));
  bench.put(1, 60);
  bench.put(2, 40);
  bench.engine.pin(bench.id(1, 60));
  bench.engine.pin(bench.id(2, 40));
  bench.engine.pin(bench.id(2, 40));
  CHECK(bench.put(3, 10).empty());
  CHECK(bench.miss(3, 10) == MissCause::kCapacity);
  CHECK(bench.tier(0).used == Bytes{100});
  bench.engine.unpin(bench.id(2, 40));
  CHECK(bench.put(3, 10).empty());  // pinned once more
  bench.engine.unpin(bench.id(2, 40));
  CHECK_FALSE(bench.put(3, 10).empty());
  CHECK(bench.access(1, 60).hit);
  CHECK_FALSE(bench.access(2, 40).hit);
  CHECK(bench.put(4, 50).empty());  // would need the pinned bytes
  CHECK_FALSE(bench.access(3, 10).resized);
  bench.check_identities();
}

TEST_CASE("a hit that turned out corrupt is one miss, counted in every tier it should have reached") {
  for (const Level level : {Level::kL1, Level::kL2, Level::kL3}) {
    const std::uint64_t bytes = level == Level::kL1 ? 50 : level == Level::kL2 ? 500 : 5'000;
    Bench bench(engine_options_of({{100}, {1000}, {10'000}}, "none"));
    bench.miss(1, bytes);
    bench.put(1, bytes);
    REQUIRE(bench.access(1, bytes).served == level);
    bench.engine.drop_corrupt(bench.id(1, bytes), level, level);
    CHECK(bench.engine.uncount_hit(bench.id(1, bytes), {.level = level}) == Nanoseconds{1'000'000});
    CHECK(bench.engine.counters().hits == 0);
    CHECK(bench.engine.counters().misses == 2);
    CHECK(bench.engine.counters().saved_ns == 0);
    CHECK(bench.engine.counters().causes[static_cast<std::size_t>(MissCause::kCorrupt)] == 1);
    CHECK(bench.tier(index_of(level)).used == Bytes{0});
    bench.check_identities();
  }
}

TEST_CASE("a corrupt copy takes the one it was made from along and leaves the others") {
  Bench bench(engine_options_of({{100}, {1000}, {1000}}, "promote-on-hit"));
  bench.engine.adopt(bench.id(1, 50), Level::kL3);
  CHECK(bench.access(1, 50).level == Level::kL1);  // copied; the lower one stays
  bench.engine.drop_corrupt(bench.id(1, 50), Level::kL1, Level::kL3);
  CHECK(bench.miss(1, 50) == MissCause::kCorrupt);
  bench.engine.adopt(bench.id(2, 50), Level::kL3);
  bench.engine.adopt(bench.id(2, 50), Level::kL2);
  CHECK(bench.access(2, 50).served == Level::kL2);
  bench.engine.drop_corrupt(bench.id(2, 50), Level::kL1, Level::kL2);
  CHECK(bench.access(2, 50).served == Level::kL3);
}

TEST_CASE("what a plane kept is taken in while it fits, and counted nowhere") {
  Bench bench(engine_options_of({{100}, {100}, {100}}, "demote-on-evict"));
  CHECK(bench.engine.adopt(bench.id(1, 60), Level::kL3));
  CHECK_FALSE(bench.engine.adopt(bench.id(2, 60), Level::kL3));
  CHECK(bench.engine.adopt(bench.id(3, 40), Level::kL3));
  CHECK_FALSE(bench.engine.adopt(bench.id(3, 40), Level::kL3));  // known already
  CHECK(bench.engine.counters().insertions == 0);
  CHECK(bench.tier(2).bytes_written == Bytes{0});
  CHECK(bench.tier(2).used == Bytes{100});
  CHECK(bench.engine.log().events() == 0);
  CHECK(bench.access(1, 60).served == Level::kL3);
  CHECK(bench.miss(2, 60) == MissCause::kCold);
}

TEST_CASE("an entry without copies is what it is said to be next; a resident one stays") {
  Bench bench(engine_options_of({{100}}, "none"));
  const EntryId id = bench.id(1, 0);  // asked for by name before it was known
  EntryDescription what = entry_of(1, 70);
  what.recompute = Nanoseconds{0};
  bench.engine.describe(id, what);
  CHECK(bench.engine.directory()[id].what.bytes == Bytes{70});
  CHECK(bench.engine.directory()[id].what.recompute == Nanoseconds{1'000'000});
  CHECK(bench.engine.put(id).has(Level::kL1));
  CHECK(bench.tier(0).used == Bytes{70});
}

TEST_CASE("the decision clock never goes back") {
  Bench bench(engine_options_of({{100}}, "none"));
  bench.engine.set_now(Nanoseconds{50});
  bench.engine.set_now(Nanoseconds{20});
  CHECK(bench.engine.now() == Nanoseconds{50});
  bench.engine.advance(Nanoseconds{5});
  CHECK(bench.engine.now() == Nanoseconds{55});
}

TEST_CASE("what is computed into a lower tier is written over the links to it") {
  Bench bench(engine_options_of({{100}, {100}, {100}}, "write-through"));
  bench.put(1, 40);
  CHECK(bench.engine.counters().links.pcie_down == Bytes{80});
  CHECK(bench.engine.counters().links.ssd_write == Bytes{40});
  CHECK(bench.engine.counters().insertions == 3);
}

}  // namespace
}  // namespace cachebench::cache
