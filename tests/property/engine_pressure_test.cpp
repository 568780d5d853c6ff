// SPDX-License-Identifier: Apache-2.0
// The decision engine under everything at once: pins, sizes that change, corruption, expiry, joins, idle
// time, watermarks. After every operation budgets hold, the directory and the accounts agree, and no pinned
// entry whose size stayed has lost a copy.
#include <doctest/doctest.h>

#include <map>

#include "cache/cache_fixtures.h"

namespace cachebench {
namespace {

using cache::DecisionEngine;
using testing::engine_options_of;
using testing::entry_of;

constexpr std::uint64_t kNumbers = 40;

class Life {
 public:
  Life(const std::string& migration, std::uint64_t seed)
      : engine_(engine_options_of({{25, "lru", 0.9, 0.6}, {40, "lfu", 1.0, 0.8}, {90, "fifo"}}, migration),
                costs_),
        rng_(seed) {}

  void step() {
    const std::uint64_t number = rng_.below(kNumbers);
    const EntryId id = engine_.intern(entry_of(number, 1 + rng_.below(20)));
    const Bytes known = engine_.directory()[id].what.bytes;
    switch (rng_.below(10)) {
      case 0:
        pin(id);
        break;
      case 1:
        unpin();
        break;
      case 2:
        engine_.account_skipped(id,
                                rng_.below(2) == 0 ? cache::Skipped::kCovered : cache::Skipped::kBehindGap);
        break;
      case 3:
        if (!engine_.is_pinned(id)) engine_.erase(id, cache::MissCause::kExpired);
        break;
      case 4:
        corrupt(id, known);
        break;
      case 5:
        engine_.account_joined(id, engine_.directory()[id].copies.top(), cache::MissCause::kCold);
        break;
      case 6:
        resize(id);
        break;
      default:
        if (!engine_.access(id, known).hit) static_cast<void>(engine_.put(id));
    }
    engine_.advance(Nanoseconds{20'000'000'000});
    engine_.moves().clear();
  }

  /// Empty when all is well.
  [[nodiscard]] std::string complaint() const {
    const cache::CacheCounters& counted = engine_.counters();
    if (counted.hits + counted.covered + counted.misses != counted.accesses) return "accesses";
    if (counted.joined_hits > counted.hits) return "joined hits";
    std::uint64_t hits = 0;
    std::uint64_t causes = 0;
    for (const std::uint64_t cause : counted.causes) causes += cause;
    if (causes != counted.misses) return "causes";
    for (std::size_t i = 0; i < engine_.tier_count(); ++i) {
      const cache::TierCounters& tier = counted.tiers[i];
      Bytes listed;
      for (std::size_t id = 0; id < engine_.directory().size(); ++id) {
        const cache::Entry& entry = engine_.directory()[static_cast<EntryId>(id)];
        if (entry.copies.has(level_at(i))) listed += entry.what.bytes;
      }
      if (listed != tier.used) return "used bytes of tier " + std::to_string(i);
      if (tier.peak > engine_.tier(level_at(i)).capacity) return "budget of tier " + std::to_string(i);
      if (tier.hits + tier.misses != tier.accesses) return "accesses of tier " + std::to_string(i);
      if (i > 0 && tier.accesses != counted.tiers[i - 1].misses)
        return "misses of tier " + std::to_string(i - 1);
      hits += tier.hits;
    }
    if (hits != counted.hits) return "tier hits";
    for (const auto& [id, copies] : held_) {
      if (engine_.directory()[id].copies != copies) return "a pinned entry moved";
    }
    return "";
  }

 private:
  void pin(EntryId id) {
    if (engine_.directory()[id].copies.empty() || pins_.size() >= 4) return;
    engine_.pin(id);
    pins_.push_back(id);
    held_[id] = engine_.directory()[id].copies;
  }
  void unpin() {
    if (pins_.empty()) return;
    const std::size_t at = rng_.below(pins_.size());
    const EntryId id = pins_[at];
    engine_.unpin(id);
    pins_.erase(pins_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!engine_.is_pinned(id)) held_.erase(id);
  }
  void corrupt(EntryId id, Bytes bytes) {
    if (engine_.is_pinned(id)) return;
    const cache::AccessDecision found = engine_.access(id, bytes);
    if (!found.hit) return;
    engine_.drop_corrupt(id, found.level, found.served);
    static_cast<void>(engine_.uncount_hit(id, found.served, false));
  }
  void resize(EntryId id) {
    held_.erase(id);  // a resized entry may lose its place; its readers keep their bytes
    if (!engine_.access(id, Bytes{1 + rng_.below(30)}).hit) static_cast<void>(engine_.put(id));
  }

  hardware::CostModel costs_ = testing::round_costs();
  DecisionEngine engine_;
  Rng rng_;
  std::vector<EntryId> pins_;
  std::map<EntryId, policy::LevelSet> held_;
};

TEST_CASE("budgets, accounts and pins hold after every operation of a random life") {
  for (const auto& item : policy::MigrationRegistry::instance().items()) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      Life life(item.name, seed);
      for (int step = 0; step < 4'000; ++step) {
        life.step();
        const std::string complaint = life.complaint();
        if (!complaint.empty()) FAIL(item.name, " seed ", seed, " step ", step, ": ", complaint);
      }
    }
  }
}

}  // namespace
}  // namespace cachebench
