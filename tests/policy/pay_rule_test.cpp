// SPDX-License-Identifier: Apache-2.0
#include "policy/pay_rule.h"

#include <doctest.h>

#include "policy/decayed_rate.h"
#include "support/tier_view_double.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

// Rates as a test sets them.
class Rated final : public PayingMigration {
 public:
  explicit Rated(double price = 0)
      : PayingMigration({.capacity = {Bytes{1'000}, Bytes{1'000}, Bytes{1'000}}, .count = 3}, price) {}
  std::map<std::uint32_t, double> rates;

 private:
  [[nodiscard]] double rate(EntryId id, std::uint64_t) const override { return rates.at(index_of(id)); }
};

struct Question {
  testing::TierViewDouble tiers;
  MigrationQuery query{.id = EntryId{0},
                       .access = {.bytes = Bytes{100}, .cost = Nanoseconds{10'000}},
                       .copies = {},
                       .tiers = nullptr};
  const MigrationQuery& operator()() {
    query.tiers = &tiers;
    return query;
  }
};

}  // namespace

TEST_CASE("a computed entry enters where its worth less that of the displaced is greatest") {
  Rated policy;
  Question ask;
  policy.rates = {{0, 0.01}, {1, 0.01}};
  CHECK(policy.on_put(ask()) == LevelSet{Level::kL1});
  // L1 would give up 50 a access, of 100 that the entry is worth there; in L2 it is worth 98.
  ask.tiers.leaving[0] = {{EntryId{1}, Bytes{100}, Nanoseconds{5'000}}};
  CHECK(policy.on_put(ask()) == LevelSet{Level::kL2});
  ask.tiers.leaving[0] = {{EntryId{1}, Bytes{100}, Nanoseconds{100}}};  // gives up 1
  CHECK(policy.on_put(ask()) == LevelSet{Level::kL1});
}

TEST_CASE("a hit moves up when that beats all victims together and repays the copy") {
  Rated policy;
  Question ask;
  policy.rates = {{0, 0.01}, {1, 0.004}, {2, 0.004}};
  CHECK(policy.on_hit(ask(), Level::kL2).target == Level::kL1);  // saves 200 ns a use: 2 an access
  CHECK_FALSE(policy.on_hit(ask(), Level::kL2).keep_source);
  CHECK_FALSE(policy.on_hit(ask(), Level::kL3).keep_source);
  ask.tiers.stay[2] = std::numeric_limits<double>::infinity();
  CHECK(policy.on_hit(ask(), Level::kL3).keep_source);  // the third tier has evicted nothing
  // Each victim alone is worth less than the entry, both together are worth more.
  ask.tiers.leaving[0] = {{EntryId{1}, Bytes{50}, Nanoseconds{300}}};
  CHECK(policy.on_hit(ask(), Level::kL2).target == Level::kL1);
  ask.tiers.leaving[0].push_back({EntryId{2}, Bytes{50}, Nanoseconds{300}});
  CHECK(policy.on_hit(ask(), Level::kL2).target == Level::kNone);
  CHECK(policy.on_hit(ask(), Level::kL3).target == Level::kL1);  // from there it saves twice as much
  ask.tiers.leaving[0].push_back({EntryId{2}, Bytes{50}, Nanoseconds{600}});
  CHECK(policy.on_hit(ask(), Level::kL3).target == Level::kL2);
  // The copy takes 150 ns: 2 an access repay it in 75 accesses.
  ask.tiers.leaving[0].clear();
  ask.tiers.stay[0] = 70;
  CHECK(policy.on_hit(ask(), Level::kL2).target == Level::kNone);
  ask.tiers.stay[0] = 80;
  CHECK(policy.on_hit(ask(), Level::kL2).target == Level::kL1);
  CHECK(policy.on_hit(ask(), Level::kL1).target == Level::kNone);
}

TEST_CASE("an evicted copy is written down when that pays, and nowhere when a lower one lives") {
  Question ask;
  Rated likely;
  likely.rates = {{0, 0.01}};
  CHECK(likely.on_evict(ask(), Level::kL1) == Level::kL2);
  CHECK_FALSE(likely.on_evict(ask(), Level::kL3).has_value());
  ask.query.copies = {Level::kL3};
  CHECK_FALSE(likely.on_evict(ask(), Level::kL1).has_value());
  ask.query.copies = {};
  Rated unlikely;
  unlikely.rates = {{0, 1e-12}};
  CHECK_FALSE(unlikely.on_evict(ask(), Level::kL1).has_value());
  unlikely.rates = {{0, 0.0}};
  CHECK_FALSE(unlikely.on_evict(ask(), Level::kL1).has_value());
  ask.tiers.stay[2] = std::numeric_limits<double>::infinity();  // it has evicted nothing: there is room
  CHECK(unlikely.on_evict(ask(), Level::kL1) == Level::kL3);
  ask.tiers.stay[2] = 1e6;
  Rated dear(1'000);  // 100'000 ns of wear
  dear.rates = {{0, 0.01}};
  CHECK_FALSE(dear.on_evict(ask(), Level::kL1).has_value());
  // Where fetching costs more than computing, no copy pays.
  ask.query.access.cost = Nanoseconds{150};
  CHECK_FALSE(likely.on_evict(ask(), Level::kL1).has_value());
  std::map<std::string, double> facts;
  likely.report_facts(facts);
  CHECK(facts.at("demotions_refused") == 2);
}

TEST_CASE("a decayed rate halves every half-life and adds up at a steady pace") {
  DecayedRate rates(100);
  CHECK(rates.rate(EntryId{3}, 5) == 0);
  rates.add(EntryId{3}, 0);
  const double fresh = rates.rate(EntryId{3}, 0);
  CHECK(rates.rate(EntryId{3}, 100) == doctest::Approx(fresh / 2));
  CHECK(rates.rate(EntryId{3}, 300) == doctest::Approx(fresh / 8));
  for (std::uint64_t i = 1; i < 200; ++i) rates.add(EntryId{4}, i * 10);
  CHECK(rates.rate(EntryId{4}, 1'990) == doctest::Approx(0.1).epsilon(0.05));  // once in ten accesses
}
