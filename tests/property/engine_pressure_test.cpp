// SPDX-License-Identifier: Apache-2.0
// The decision engine under everything at once: pins, sizes that change, corruption, expiry, joins, idle
// time, watermarks. After every operation budgets hold, the directory and the accounts agree, and no pinned
// entry whose size stayed has lost a copy.
#include <doctest/doctest.h>

#include <array>
#include <map>

#include "cache/cache_fixtures.h"

namespace cachebench {
namespace {

using cache::DecisionEngine;
using testing::engine_options_of;
using testing::entry_of;

constexpr std::uint64_t kNumbers = 40;

// Proposes anything, known or not.
class Anything final : public policy::PrefetchPolicy {
 public:
  void on_access(EntryId, const policy::AccessInfo&) override {}
  void propose(const policy::RequestInfo&, std::vector<EntryId>& out) override {
    for (int i = 0; i < 4; ++i) out.push_back(EntryId{static_cast<std::uint32_t>(rng_.below(kNumbers + 5))});
  }

 private:
  Rng rng_{3};
};
[[maybe_unused]] const bool kAnything = policy::PrefetchRegistry::instance().add(
    {.name = "test-anything", .summary = "", .source = "", .parameters = {}, .make = [](const Parameters&) {
       return std::make_unique<Anything>();
     }});

class Life {
 public:
  Life(const std::string& migration, std::uint64_t seed, const std::string& prefetch = "none")
      : engine_(options(migration, seed, prefetch), costs_), rng_(seed) {}

  static cache::EngineOptions options(const std::string& migration, std::uint64_t seed,
                                      const std::string& prefetch) {
    cache::EngineOptions options =
        engine_options_of({{25, "lru", 0.9, 0.6}, {40, "lfu", 1.0, 0.8}, {90, "fifo"}}, migration);
    options.prefetch.name = prefetch;
    options.prefetch_rules.budget = Bytes{60};
    options.prefetch_rules.wait = static_cast<cache::PrefetchWait>(seed % 4);
    options.prefetch_rules.timeout_base = options.prefetch_rules.slack = Nanoseconds{100};
    return options;
  }

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
    if (rng_.below(2) == 0) engine_.end_request({});
    const bool idle = engine_.prefetcher() == nullptr || rng_.below(4) == 0;
    engine_.advance(idle ? Nanoseconds{20'000'000'000}
                         : Nanoseconds{static_cast<std::int64_t>(rng_.below(300))});
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
    if (engine_.prefetcher() != nullptr) {
      const cache::PrefetchCounters fetched = engine_.prefetcher()->counters();
      cache::PrefetchAmount ended;
      for (const cache::PrefetchAmount& amount : fetched.ended) {
        ended.count += amount.count;
        ended.bytes += amount.bytes;
      }
      if (ended != fetched.issued) return "how fetches ended";
    }
    for (const auto& [id, copies] : held_) {
      if (engine_.directory()[id].copies != copies) return "a pinned entry moved";
    }
    return "";
  }

  /// Adds how often fetches ended each way.
  void add_endings(std::array<std::uint64_t, cache::kPrefetchEnds>& sums) const {
    if (engine_.prefetcher() == nullptr) return;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += engine_.prefetcher()->counters().ended[i].count;
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
    if (!found.hit) {
      static_cast<void>(engine_.put(id));
      return;
    }
    engine_.drop_corrupt(id, found.level, found.served);
    static_cast<void>(engine_.uncount_hit(
        id, {.level = found.served, .prefetched = found.prefetched, .waited = found.waited}));
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
  std::array<std::uint64_t, cache::kPrefetchEnds> endings{};
  for (const auto& item : policy::MigrationRegistry::instance().items()) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      Life life(item.name, seed, seed < 4 ? "none" : "test-anything");
      for (int step = 0; step < 4'000; ++step) {
        life.step();
        const std::string complaint = life.complaint();
        if (!complaint.empty()) FAIL(item.name, " seed ", seed, " step ", step, ": ", complaint);
      }
      life.add_endings(endings);
    }
  }
  for (const std::uint64_t count : endings) CHECK(count > 0);
}

}  // namespace
}  // namespace cachebench
