// SPDX-License-Identifier: Apache-2.0
// Fetching ahead as the engine does it. Proposals are a test's; lookup 10, fetching 40 bytes from the second
// tier takes 140 ns, from the third 280.
#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"
#include "cache/decision_engine.h"

namespace cachebench::cache {
namespace {

using testing::engine_options_of;
using testing::entry_of;
using testing::round_costs;

std::vector<EntryId>& wishes() {
  static std::vector<EntryId> ids;
  return ids;
}
class Wishes final : public policy::PrefetchPolicy {
 public:
  void on_access(EntryId, const policy::AccessInfo&) override {}
  void propose(const policy::RequestInfo&, std::vector<EntryId>& out) override { out = wishes(); }
};
[[maybe_unused]] const bool kRegistered = policy::PrefetchRegistry::instance().add(
    {.name = "test-wishes", .summary = "", .source = "", .parameters = {}, .make = [](const Parameters&) {
       return std::make_unique<Wishes>();
     }});

struct Bench {
  hardware::CostModel costs = round_costs();
  DecisionEngine engine;
  explicit Bench(PrefetchRules rules = {}, const std::string& migration = "demote-on-evict")
      : engine(options(rules, migration), costs) {}
  static EngineOptions options(PrefetchRules rules, const std::string& migration) {
    EngineOptions options = engine_options_of({{100}, {100}, {200}}, migration);
    options.prefetch.name = "test-wishes";
    options.prefetch_rules = rules;
    return options;
  }
  EntryId id(std::uint64_t number, std::uint64_t bytes = 40) {
    return engine.intern(entry_of(number, bytes));
  }
  AccessDecision access(EntryId entry) {
    const AccessDecision decision = engine.access(entry, engine.directory()[entry].what.bytes);
    engine.advance(decision.service);
    return decision;
  }
  void fetch(std::vector<EntryId> ids) {
    wishes() = std::move(ids);
    engine.end_request({});
  }
  [[nodiscard]] policy::LevelSet copies(EntryId entry) const { return engine.directory()[entry].copies; }
  [[nodiscard]] std::uint64_t ended(PrefetchEnd how) const {
    return engine.prefetcher()->counters().of(how).count;
  }
  EntryId at(std::uint64_t number, Level level) {
    const EntryId entry = id(number);
    REQUIRE(engine.adopt(entry, level));
    return entry;
  }
};

TEST_CASE("a fetch charges the first tier at once and frees its source once it has arrived") {
  Bench bench;
  const EntryId a = bench.at(1, Level::kL2);
  bench.fetch({a});
  CHECK(bench.copies(a) == policy::LevelSet{Level::kL1, Level::kL2});
  REQUIRE(bench.engine.moves().size() == 1);
  CHECK(bench.engine.moves()[0].kind == Move::Kind::kCopy);
  CHECK(bench.engine.moves()[0].ahead);
  bench.engine.advance(Nanoseconds{140});
  const AccessDecision hit = bench.access(a);
  CHECK(hit.served == Level::kL1);
  CHECK(hit.prefetched);
  CHECK(hit.service == Nanoseconds{10});
  CHECK(bench.copies(a) == policy::LevelSet{Level::kL1});
  CHECK(bench.engine.moves().back().kind == Move::Kind::kDrop);
  CHECK(bench.ended(PrefetchEnd::kUsed) == 1);
  CHECK_FALSE(bench.access(a).prefetched);
  CHECK(bench.engine.counters().tiers[0].promotions_in == 1);
  CHECK(bench.engine.counters().links.pcie_up == Bytes{40});
}

TEST_CASE("migrations that keep lower copies keep them") {
  Bench bench({}, "write-back");
  const EntryId a = bench.at(1, Level::kL3);
  bench.fetch({a});
  bench.engine.advance(Nanoseconds{1'000});
  CHECK(bench.access(a).served == Level::kL1);
  CHECK(bench.copies(a) == policy::LevelSet{Level::kL1, Level::kL3});
}

TEST_CASE("whoever comes early is served from the source, and it counts as late") {
  Bench bench;
  const EntryId a = bench.at(1, Level::kL2);
  bench.fetch({a});
  bench.engine.advance(Nanoseconds{20});
  const AccessDecision early = bench.access(a);
  CHECK(early.hit);
  CHECK(early.served == Level::kL2);
  CHECK(early.level == Level::kL2);
  CHECK_FALSE(early.prefetched);
  CHECK(early.service == Nanoseconds{150});
  CHECK(bench.ended(PrefetchEnd::kLate) == 1);
  CHECK(bench.access(a).served == Level::kL1);  // arrived meanwhile
  CHECK(bench.ended(PrefetchEnd::kUsed) == 0);
}

TEST_CASE("who waits is served from the first tier, the wait in the service time") {
  Bench bench({.wait = PrefetchWait::kWaitComplete});
  const EntryId a = bench.at(1, Level::kL2);
  bench.fetch({a});
  bench.engine.advance(Nanoseconds{20});
  const AccessDecision hit = bench.access(a);
  CHECK(hit.served == Level::kL1);
  CHECK(hit.waited == Nanoseconds{120});
  CHECK(hit.service == Nanoseconds{130});
  CHECK(hit.prefetched);
  CHECK(bench.ended(PrefetchEnd::kUsed) == 1);
  CHECK(bench.engine.prefetcher()->counters().waited == Nanoseconds{120});
}

TEST_CASE("patience that runs out has been waited for") {
  Bench bench({.wait = PrefetchWait::kTimeout, .timeout_base = Nanoseconds{50}, .timeout_ns_per_byte = 0});
  const EntryId a = bench.at(1, Level::kL2);
  bench.fetch({a});
  const AccessDecision late = bench.access(a);
  CHECK(late.served == Level::kL2);
  CHECK(late.waited == Nanoseconds{50});
  CHECK(late.service == Nanoseconds{200});
  CHECK(bench.ended(PrefetchEnd::kLate) == 1);
}

TEST_CASE("an early look-up whose source has gone is a miss of its own cause") {
  Bench bench;
  const EntryId a = bench.at(1, Level::kL2);
  bench.fetch({a});
  bench.engine.drop_corrupt(a, Level::kL2, Level::kNone);
  const AccessDecision miss = bench.access(a);
  CHECK_FALSE(miss.hit);
  CHECK(miss.cause == MissCause::kLatePrefetch);
  CHECK(bench.engine.put(a).top() == Level::kL1);  // what is on its way is not stored twice
  CHECK(bench.engine.counters().tiers[0].used == Bytes{40});
}

TEST_CASE("one that gives way before it has arrived is cancelled, one that was there is evicted unused") {
  Bench bench;
  const EntryId a = bench.at(1, Level::kL2);
  bench.fetch({a});
  const EntryId large = bench.id(2, 90);
  bench.access(large);
  bench.engine.put(large);
  CHECK(bench.ended(PrefetchEnd::kCancelled) == 0);  // the miss took so long that it had arrived
  CHECK(bench.ended(PrefetchEnd::kEvictedUnused) == 1);
  const EntryId b = bench.at(3, Level::kL3);
  bench.fetch({b});
  bench.engine.put(bench.id(4, 95));
  CHECK(bench.ended(PrefetchEnd::kCancelled) == 1);
  CHECK(bench.copies(b) == policy::LevelSet{Level::kL3});  // not written down from where it never was
}

TEST_CASE("no room, no budget, nothing to do") {
  Bench bench({.budget = Bytes{50}});
  const EntryId a = bench.at(1, Level::kL2);
  const EntryId b = bench.at(2, Level::kL2);
  const EntryId top = bench.at(3, Level::kL1);
  bench.fetch(
      {top, bench.id(9), EntryId{77}, a, a, b});  // there, unknown, none, fetched, under way, too much
  CHECK(bench.engine.prefetcher()->counters().issued.count == 1);
  CHECK(bench.engine.prefetcher()->counters().over_budget == 1);
  Bench full;
  const EntryId held = full.id(1, 90);
  full.engine.put(held);
  full.engine.pin(held);
  const EntryId c = full.at(2, Level::kL2);
  full.fetch({c});
  CHECK(full.ended(PrefetchEnd::kNoSpace) == 1);
  CHECK(full.copies(c) == policy::LevelSet{Level::kL2});
}

TEST_CASE("a source that a handle reads when the fetch arrives is given up later") {
  Bench bench;
  const EntryId a = bench.at(1, Level::kL2);
  bench.fetch({a});
  bench.access(a);
  bench.engine.pin(a);
  bench.engine.advance(Nanoseconds{1'000});
  bench.access(bench.id(5));
  CHECK(bench.copies(a) == policy::LevelSet{Level::kL1, Level::kL2});
  bench.engine.unpin(a);
  bench.access(bench.id(5));
  CHECK(bench.copies(a) == policy::LevelSet{Level::kL1});
}

}  // namespace
}  // namespace cachebench::cache
