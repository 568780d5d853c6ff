// SPDX-License-Identifier: Apache-2.0
#include <doctest.h>

#include <string>

#include "core/rng.h"
#include "policy/migration.h"
#include "support/tier_view_double.h"

// Migration policies against the table of semantics they are specified by, and what all of them must keep.

using namespace cachebench;
using namespace cachebench::policy;

namespace {

constexpr std::uint64_t kMi = 1024 * 1024;

TierLayout layout_of(std::size_t tiers) {
  TierLayout layout;
  layout.capacity = {Bytes{200 * kMi}, Bytes{400 * kMi}, Bytes{1'000 * kMi}};
  layout.count = tiers;
  return layout;
}

MigrationQuery query_of(std::uint32_t id, Bytes bytes, LevelSet copies = {}) {
  return {.id = EntryId{id}, .access = {.bytes = bytes}, .copies = copies};
}

struct Seed {
  std::unique_ptr<MigrationPolicy> policy;
  explicit Seed(std::size_t tiers = 3, std::map<std::string, double, std::less<>> values = {})
      : policy(make_migration({"seed-threshold", std::move(values)}, layout_of(tiers))) {}

  void access(std::uint32_t id, std::uint64_t bytes = 4'096) {
    policy->on_access(EntryId{id}, {.bytes = Bytes{bytes}});
  }
  HitMove hit(std::uint32_t id, Level at, std::uint64_t bytes = 4'096) {
    access(id, bytes);
    return policy->on_hit(query_of(id, Bytes{bytes}, {at}), at);
  }
};

}  // namespace

TEST_CASE("none: enters L1, stays, is dropped") {
  const auto policy = make_migration({"none", {}}, layout_of(3));
  CHECK(policy->on_put(query_of(0, Bytes{500 * kMi})) == LevelSet{Level::kL1});
  for (const Level at : {Level::kL1, Level::kL2, Level::kL3}) {
    CHECK(policy->on_hit(query_of(0, Bytes{1}), at).target == Level::kNone);
    CHECK_FALSE(policy->on_evict(query_of(0, Bytes{1}), at).has_value());
  }
  CHECK_FALSE(policy->idle_limit().has_value());
}

TEST_CASE("promote-on-hit: copies up and keeps the lower copy, drops what is evicted") {
  const auto policy = make_migration({"promote-on-hit", {}}, layout_of(3));
  CHECK(policy->on_put(query_of(0, Bytes{1})) == LevelSet{Level::kL1});
  for (const Level at : {Level::kL2, Level::kL3}) {
    const HitMove move = policy->on_hit(query_of(0, Bytes{1}), at);
    CHECK(move.target == Level::kL1);
    CHECK(move.keep_source);
  }
  CHECK(policy->on_hit(query_of(0, Bytes{1}), Level::kL1).target == Level::kNone);
  CHECK(policy->on_hit(query_of(0, Bytes{300 * kMi}), Level::kL3).target == Level::kL2);  // too big for L1
  for (const Level from : {Level::kL1, Level::kL2, Level::kL3}) {
    CHECK_FALSE(policy->on_evict(query_of(0, Bytes{1}), from).has_value());
  }
}

TEST_CASE("demote-on-evict: one copy, up on a hit, down on an eviction") {
  const auto policy = make_migration({"demote-on-evict", {}}, layout_of(3));
  CHECK(policy->on_put(query_of(0, Bytes{1})) == LevelSet{Level::kL1});
  const HitMove move = policy->on_hit(query_of(0, Bytes{1}), Level::kL3);
  CHECK(move.target == Level::kL1);
  CHECK_FALSE(move.keep_source);
  CHECK(policy->on_evict(query_of(0, Bytes{1}), Level::kL1) == Level::kL2);
  CHECK(policy->on_evict(query_of(0, Bytes{1}), Level::kL2) == Level::kL3);
  CHECK_FALSE(policy->on_evict(query_of(0, Bytes{1}), Level::kL3).has_value());
  const auto two = make_migration({"demote-on-evict", {}}, layout_of(2));
  CHECK_FALSE(two->on_evict(query_of(0, Bytes{1}), Level::kL2).has_value());
}

TEST_CASE("seed-threshold: a computed entry enters by its size class") {
  Seed seed;
  const auto put = [&](std::uint64_t bytes) { return seed.policy->on_put(query_of(0, Bytes{bytes})); };
  CHECK(put(kMi - 1) == LevelSet{Level::kL1});
  CHECK(put(kMi) == LevelSet{Level::kL2});
  CHECK(put(100 * kMi - 1) == LevelSet{Level::kL2});
  CHECK(put(100 * kMi) == LevelSet{Level::kL3});
  Seed two(2);
  CHECK(two.policy->on_put(query_of(0, Bytes{100 * kMi})) == LevelSet{Level::kL2});
  Seed one(1);
  CHECK(one.policy->on_put(query_of(0, Bytes{100 * kMi})) == LevelSet{Level::kL1});
  Seed classes(3, {{"size_threshold_small", 10.0}, {"size_threshold_large", 20.0}});
  CHECK(classes.policy->on_put(query_of(0, Bytes{9})) == LevelSet{Level::kL1});
  CHECK(classes.policy->on_put(query_of(0, Bytes{19})) == LevelSet{Level::kL2});
  CHECK(classes.policy->on_put(query_of(0, Bytes{20})) == LevelSet{Level::kL3});
}

TEST_CASE("seed-threshold: access counts move entries up") {
  Seed seed;
  CHECK(seed.hit(1, Level::kL3).target == Level::kNone);  // c = 1
  CHECK(seed.hit(1, Level::kL3).target == Level::kL2);    // c = 2
  CHECK(seed.hit(1, Level::kL2).target == Level::kNone);  // c = 3, already in L2
  const HitMove high = seed.hit(1, Level::kL2);           // c = 4
  CHECK(high.target == Level::kL1);
  CHECK_FALSE(high.keep_source);
  CHECK(seed.hit(1, Level::kL1).target == Level::kNone);
  // Too big for L1: the high row does not match, the medium one may.
  for (int i = 0; i < 5; ++i) seed.access(2, 300 * kMi);
  CHECK(seed.hit(2, Level::kL3, 300 * kMi).target == Level::kL2);
  CHECK(seed.hit(2, Level::kL2, 300 * kMi).target == Level::kNone);
  for (int i = 0; i < 5; ++i) seed.access(3, 500 * kMi);
  CHECK(seed.hit(3, Level::kL3, 500 * kMi).target == Level::kNone);
}

TEST_CASE("seed-threshold: only the window counts") {
  Seed seed(3, {{"prediction_window", 10.0}});
  for (int i = 0; i < 3; ++i) seed.access(1);
  for (std::uint32_t i = 0; i < 9; ++i) seed.access(100 + i);
  CHECK(seed.hit(1, Level::kL3).target == Level::kNone);  // the three are outside
  CHECK(seed.hit(1, Level::kL3).target == Level::kL2);
}

TEST_CASE("seed-threshold: own thresholds, idleness, evictions") {
  Seed seed(3, {{"migration_threshold_high_freq", 2.0}, {"migration_time_threshold", 1.5}});
  seed.access(1);
  CHECK(seed.hit(1, Level::kL3).target == Level::kL1);
  CHECK(seed.policy->idle_limit() == Nanoseconds{1'500'000'000});
  CHECK(Seed().policy->idle_limit() == Nanoseconds{600'000'000'000});
  CHECK(seed.policy->on_evict(query_of(0, Bytes{1}), Level::kL1) == Level::kL2);
  CHECK(seed.policy->on_evict(query_of(0, Bytes{1}), Level::kL2) == Level::kL3);
  CHECK_FALSE(seed.policy->on_evict(query_of(0, Bytes{1}), Level::kL3).has_value());
}

TEST_CASE("seed-threshold: a likely entry goes one tier up, unless a likelier one would leave") {
  // Counts out of reach, so that only the predictor can move anything.
  const std::map<std::string, double, std::less<>> values{{"migration_threshold_high_freq", 1e6},
                                                          {"migration_threshold_medium_freq", 1e6}};
  Seed seed(3, values);
  Rng rng(1);
  std::uint32_t fresh = 1'000;
  CHECK(seed.hit(1, Level::kL3).target == Level::kNone);  // knows nothing yet
  for (int i = 0; i < 20'000; ++i) {
    seed.access(rng.below(2) == 0 ? static_cast<std::uint32_t>(rng.below(10)) : fresh++);
  }
  CHECK(seed.hit(1, Level::kL3).target == Level::kL2);
  CHECK(seed.hit(1, Level::kL2).target == Level::kL1);
  CHECK(seed.hit(1, Level::kL1).target == Level::kNone);
  CHECK(seed.hit(1, Level::kL2, 300 * kMi).target == Level::kNone);  // does not fit
  CHECK(seed.hit(fresh++, Level::kL3).target == Level::kNone);       // unlikely
  // L2 gives up an entry as likely as this one: no exchange of equals.
  static_cast<void>(seed.policy->on_evict(query_of(1, Bytes{4'096}), Level::kL2));
  CHECK(seed.policy->on_hit(query_of(1, Bytes{4'096}), Level::kL3).target == Level::kNone);
  static_cast<void>(seed.policy->on_evict(query_of(fresh - 1, Bytes{4'096}), Level::kL2));
  CHECK(seed.policy->on_hit(query_of(1, Bytes{4'096}), Level::kL3).target == Level::kL2);
}

TEST_CASE("write-through: into every tier at once, copies up, drops") {
  const auto policy = make_migration({"write-through", {}}, layout_of(3));
  CHECK(policy->on_put(query_of(0, Bytes{1})) == LevelSet{Level::kL1, Level::kL2, Level::kL3});
  CHECK(policy->on_hit(query_of(0, Bytes{1}), Level::kL3).target == Level::kL1);
  CHECK(policy->on_hit(query_of(0, Bytes{1}), Level::kL3).keep_source);
  CHECK_FALSE(policy->on_evict(query_of(0, Bytes{1}), Level::kL1).has_value());
  CHECK(make_migration({"write-through", {}}, layout_of(1))->on_put(query_of(0, Bytes{1})) ==
        LevelSet{Level::kL1});
}

TEST_CASE("write-through-selective: the other tiers at the k-th hit, once") {
  const auto policy = make_migration({"write-through-selective", {{"hits", 2.0}}}, layout_of(3));
  CHECK(policy->on_put(query_of(7, Bytes{1})) == LevelSet{Level::kL1});
  CHECK(policy->on_hit(query_of(7, Bytes{1}), Level::kL1).also.empty());
  CHECK(policy->on_hit(query_of(7, Bytes{1}), Level::kL1).also == LevelSet{Level::kL2, Level::kL3});
  CHECK(policy->on_hit(query_of(7, Bytes{1}), Level::kL1).also.empty());
  static_cast<void>(policy->on_put(query_of(7, Bytes{1})));  // computed anew: counted anew
  CHECK(policy->on_hit(query_of(7, Bytes{1}), Level::kL1).also.empty());
}

TEST_CASE("write-back: an evicted copy is written down unless a lower one lives") {
  const auto policy = make_migration({"write-back", {}}, layout_of(3));
  CHECK(policy->on_evict(query_of(0, Bytes{1}), Level::kL1) == Level::kL2);
  CHECK_FALSE(policy->on_evict(query_of(0, Bytes{1}, {Level::kL3}), Level::kL1).has_value());
  CHECK(policy->on_evict(query_of(0, Bytes{1}, {Level::kL1}), Level::kL2) == Level::kL3);
  CHECK_FALSE(policy->on_evict(query_of(0, Bytes{1}), Level::kL3).has_value());
}

TEST_CASE("every migration policy names tiers that exist, moves up on hits and down on evictions") {
  for (const MigrationDescriptor& descriptor : MigrationRegistry::instance().items()) {
    for (const std::size_t tiers : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
      CAPTURE(descriptor.name);
      CAPTURE(tiers);
      const TierLayout layout = layout_of(tiers);
      const auto a = make_migration({descriptor.name, {}}, layout);
      const auto b = make_migration({descriptor.name, {}}, layout);
      Rng rng(6);
      for (std::uint64_t i = 0; i < 5'000; ++i) {
        const auto id = static_cast<std::uint32_t>(rng.below(1 + rng.below(300)));
        const AccessInfo access{.bytes = Bytes{1ULL << rng.below(30)},
                                .now = Nanoseconds{static_cast<std::int64_t>(i) * 1'000},
                                .sequence = i};
        const Level at = level_at(rng.below(tiers));
        testing::TierViewDouble tiers_there;
        if (rng.below(2) == 0)
          tiers_there.leaving[rng.below(kMaxTiers)] = {
              {EntryId{static_cast<std::uint32_t>(rng.below(300))}, Bytes{9}, Nanoseconds{500}}};
        const MigrationQuery query{
            .id = EntryId{id}, .access = access, .copies = {at}, .tiers = &tiers_there};
        a->on_access(EntryId{id}, access);
        b->on_access(EntryId{id}, access);
        const LevelSet put = a->on_put(query);
        REQUIRE_FALSE(put.empty());
        for (std::size_t l = tiers; l < kMaxTiers; ++l) REQUIRE_FALSE(put.has(level_at(l)));
        const HitMove move = a->on_hit(query, at);
        if (move.target != Level::kNone) {
          REQUIRE(index_of(move.target) < index_of(at));
          REQUIRE(layout.fits(move.target, access.bytes));
        }
        REQUIRE_FALSE(move.also.has(Level::kL1));
        for (std::size_t l = tiers; l < kMaxTiers; ++l) REQUIRE_FALSE(move.also.has(level_at(l)));
        const auto lower = a->on_evict(query, at);
        if (lower) {
          REQUIRE(index_of(*lower) > index_of(at));
          REQUIRE(layout.fits(*lower, access.bytes));
        }
        const auto likely = a->demotes_to(at, access.bytes);
        if (likely) REQUIRE(index_of(*likely) > index_of(at));
        REQUIRE(put == b->on_put(query));
        const HitMove same = b->on_hit(query, at);
        REQUIRE(
            (same.target == move.target && same.keep_source == move.keep_source && same.also == move.also));
        REQUIRE(lower == b->on_evict(query, at));
      }
    }
  }
}
