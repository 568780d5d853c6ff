// SPDX-License-Identifier: Apache-2.0
#include <doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/rng.h"
#include "policy/eviction.h"
#include "policy/one_tier/replay.h"

// Policies that rank entries or learn, and the offline ones, against tables looked through from the start.

using namespace cachebench;
using namespace cachebench::policy;

namespace {

// What a slow model knows of a resident.
struct Row {
  std::uint32_t id = 0;
  AccessInfo last;                   // what the policy was told at its last use
  std::uint64_t inserted = 0;        // number of the access, from 1
  std::vector<std::uint64_t> since;  // accesses since insertion, the last at the end
};

struct Game {
  NamedParameters spec;
  std::uint64_t accesses = 8'000;
  std::size_t capacity = 20;
  std::uint64_t ids = 60;
};

// Plays random accesses with pins now and then; `check(victim, candidates, now)` judges every victim.
class Player {
 public:
  using Check = std::function<void(const Row& victim, const std::vector<Row>& candidates, std::uint64_t now)>;
  using OnRow = std::function<void(const Row& row)>;

  Player(Game game, Check check) : game_(std::move(game)), check_(std::move(check)) {}
  void on_use(OnRow hook) { on_use_ = std::move(hook); }
  void on_evict(OnRow hook) { on_evict_ = std::move(hook); }

  void play(std::uint64_t seed) {
    const auto policy =
        make_eviction(game_.spec, {.capacity = Bytes{game_.capacity}, .seed = seed, .expected_entries = 0});
    Rng rng(seed);
    for (now_ = 1; now_ <= game_.accesses; ++now_) {
      const auto id = static_cast<std::uint32_t>(rng.below(1 + rng.below(game_.ids)));
      const AccessInfo info = info_of(id, rng);
      const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) { return r.id == id; });
      if (row != rows_.end()) {
        policy->on_hit(EntryId{id}, info);
        row->last = info;
        row->since.push_back(now_);
        if (on_use_) on_use_(*row);
        continue;
      }
      if (rows_.size() >= game_.capacity && !evict(*policy, rng)) continue;
      policy->on_insert(EntryId{id}, info);
      rows_.push_back({.id = id, .last = info, .inserted = now_, .since = {now_}});
      if (on_use_) on_use_(rows_.back());
    }
  }

 private:
  AccessInfo info_of(std::uint32_t id, Rng& rng) const {
    return {.bytes = Bytes{1 + id % 5},
            .cost = Nanoseconds{1 + id % 7},
            .loss = Nanoseconds{1 + id % 3},
            .sequence = now_,
            .next_use = rng.below(8) == 0 ? kNeverUsed : now_ + 1 + rng.below(500)};
  }

  bool evict(EvictionPolicy& policy, Rng& rng) {
    PinSet pins;
    std::vector<Row> candidates;
    for (const Row& row : rows_) {
      if (rng.below(6) == 0) {
        pins.pin(EntryId{row.id});
      } else {
        candidates.push_back(row);
      }
    }
    const EntryId victim = policy.victim(pins);
    REQUIRE((victim == kNoEntry) == candidates.empty());
    if (victim == kNoEntry) return false;
    const auto row = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const Row& r) { return r.id == index_of(victim); });
    REQUIRE(row != candidates.end());
    check_(*row, candidates, now_);
    if (on_evict_) on_evict_(*row);
    policy.on_erase(victim, EraseReason::kEvicted);
    std::erase_if(rows_, [&](const Row& r) { return r.id == index_of(victim); });
    return true;
  }

  Game game_;
  Check check_;
  OnRow on_use_;
  OnRow on_evict_;
  std::vector<Row> rows_;
  std::uint64_t now_ = 0;
};

// The victim has the least value of all candidates; equal values do not matter.
template <typename Value>
Player::Check least(Value value) {
  return [value](const Row& victim, const std::vector<Row>& candidates, std::uint64_t now) {
    for (const Row& row : candidates) REQUIRE(value(victim, now) <= value(row, now));
  };
}

// Accesses to objects drawn with a skew, numbered by first appearance.
class Workload {
 public:
  Workload(std::uint64_t seed, std::size_t accesses, std::uint64_t objects,
           const std::function<std::uint64_t(std::uint32_t)>& size_of) {
    Rng rng(seed);
    std::map<std::uint64_t, std::uint32_t> number;
    for (std::size_t i = 0; i < accesses; ++i) {
      const std::uint64_t drawn = rng.below(1 + rng.below(objects));
      const auto id = number.emplace(drawn, static_cast<std::uint32_t>(number.size())).first->second;
      columns.append(id, size_of(id));
    }
    next_uses = next_uses_of(columns);
  }
  [[nodiscard]] OneTierCounts replay(const NamedParameters& spec, std::uint64_t capacity,
                                     std::uint64_t seed = 1) const {
    return replay_one_tier({.columns = columns, .capacity = Bytes{capacity}, .next_uses = next_uses}, spec,
                           seed);
  }

  AccessColumns columns;
  std::vector<std::uint32_t> next_uses;
};

std::uint64_t unit(std::uint32_t) {
  return 1;
}

// The fewest misses of any order of evictions that inserts always: all sets of residents there can be.
std::uint64_t fewest_misses(const std::vector<std::uint32_t>& ids, std::size_t capacity) {
  std::map<std::set<std::uint32_t>, std::uint64_t> states{{{}, 0}};
  for (const std::uint32_t id : ids) {
    std::map<std::set<std::uint32_t>, std::uint64_t> next;
    const auto reach = [&](const std::set<std::uint32_t>& set, std::uint64_t misses) {
      const auto [at, fresh] = next.emplace(set, misses);
      if (!fresh) at->second = std::min(at->second, misses);
    };
    for (const auto& [residents, misses] : states) {
      if (residents.contains(id)) {
        reach(residents, misses);
        continue;
      }
      if (residents.size() < capacity) {
        std::set<std::uint32_t> with = residents;
        with.insert(id);
        reach(with, misses + 1);
        continue;
      }
      for (const std::uint32_t victim : residents) {
        std::set<std::uint32_t> with = residents;
        with.erase(victim);
        with.insert(id);
        reach(with, misses + 1);
      }
    }
    states = std::move(next);
  }
  std::uint64_t fewest = UINT64_MAX;
  for (const auto& [residents, misses] : states) fewest = std::min(fewest, misses);
  return fewest;
}

}  // namespace

TEST_CASE("gdsf against a table of ranks, ties to the least recently touched") {
  struct Ranked {
    double rank;
    std::uint64_t touched;
  };
  for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
    std::map<std::uint32_t, Ranked> ranks;
    double floor = 0;
    Player player({.spec = {"gdsf", {}}}, [&](const Row& victim, const std::vector<Row>& candidates,
                                              std::uint64_t) {
      const Ranked& chosen = ranks.at(victim.id);
      for (const Row& row : candidates) {
        const Ranked& other = ranks.at(row.id);
        REQUIRE((chosen.rank < other.rank || (chosen.rank == other.rank && chosen.touched <= other.touched)));
      }
    });
    player.on_use([&](const Row& row) {
      const double cost = 1e6 * static_cast<double>(row.last.cost.count());
      const double density =
          static_cast<double>(row.since.size()) * cost / static_cast<double>(row.last.bytes.value);
      ranks[row.id] = {floor + density, row.since.back()};
    });
    player.on_evict([&](const Row& row) { floor = std::max(floor, ranks.at(row.id).rank); });
    player.play(seed);
  }
}

TEST_CASE("lfu-da against a table of ranks") {
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>> ranks;
  std::uint64_t floor = 0;
  Player player({.spec = {"lfu-da", {}}},
                least([&](const Row& row, std::uint64_t) { return ranks.at(row.id); }));
  player.on_use([&](const Row& row) { ranks[row.id] = {floor + row.since.size(), row.since.back()}; });
  player.on_evict([&](const Row& row) { floor = std::max(floor, ranks.at(row.id).first); });
  player.play(4);
}

TEST_CASE("lru-k against lists of uses that nobody forgets") {
  for (const std::size_t k : {1UL, 2UL, 3UL}) {
    std::map<std::uint32_t, std::vector<std::uint64_t>> uses;
    const auto rank = [&](const Row& row, std::uint64_t) {
      const std::vector<std::uint64_t>& all = uses.at(row.id);
      const std::uint64_t kth = all.size() < k ? 0 : all[all.size() - k];
      return std::pair{kth, all.back()};
    };
    Player player({.spec = {"lru-k", {{"k", static_cast<double>(k)}, {"history", 1e9}}}}, least(rank));
    player.on_use([&](const Row& row) { uses[row.id].push_back(row.since.back()); });
    // Its clock stands still for what all pins keep out, so that accesses are numbered a little apart; orders
    // are the same.
    player.play(k);
  }
}

TEST_CASE("lru-k forgets the uses of what is away for long") {
  const auto policy = make_eviction({"lru-k", {{"k", 2}, {"history", 2}}}, {.capacity = Bytes{2}, .seed = 1});
  const PinSet none;
  policy->on_insert(EntryId{0}, {});
  policy->on_hit(EntryId{0}, {});
  policy->on_insert(EntryId{1}, {});
  policy->on_erase(EntryId{0}, EraseReason::kEvicted);
  for (int i = 0; i < 10; ++i) policy->on_hit(EntryId{1}, {});
  policy->on_insert(EntryId{0}, {});  // its two uses are long ago: counts as used once
  CHECK(policy->victim(none) == EntryId{0});
  policy->on_erase(EntryId{0}, EraseReason::kEvicted);
  policy->on_insert(EntryId{0}, {});  // back at once: used twice
  for (int i = 0; i < 2; ++i) policy->on_hit(EntryId{1}, {});
  CHECK(policy->victim(none) == EntryId{0});
  policy->on_erase(EntryId{0}, EraseReason::kRemoved);
  policy->on_insert(EntryId{0}, {});  // removed: no past
  CHECK(policy->victim(none) == EntryId{0});
}

TEST_CASE("hyperbolic with a sample of all evicts the fewest uses per time") {
  Player player(
      {.spec = {"hyperbolic", {{"samples", 1024}}}}, [](const Row& victim, const auto& rows, auto now) {
        for (const Row& row : rows) {
          REQUIRE(victim.since.size() * (now - row.inserted) <= row.since.size() * (now - victim.inserted));
        }
      });
  player.play(5);
}

TEST_CASE("lhd in its first thousand accesses with a sample of all evicts by uses and size") {
  const auto merit = [](const Row& row, std::uint64_t) {
    const std::uint64_t worth = row.since.size() == 1 ? 17 : 32;  // the lowest class and the highest
    return static_cast<double>(worth) / static_cast<double>(row.last.bytes.value);
  };
  Player player({.spec = {"lhd", {{"samples", 1024}, {"explorer_ratio", 0}, {"admissions", 0}}},
                 .accesses = 1'000,
                 .capacity = 12},
                [&](const Row& victim, const std::vector<Row>& rows, std::uint64_t now) {
                  // Eight draws early on, so it need not be the least, but is rarely among the greatest.
                  const auto better = std::count_if(rows.begin(), rows.end(), [&](const Row& row) {
                    return merit(row, now) < merit(victim, now) * 0.999;
                  });
                  REQUIRE(better <= static_cast<std::ptrdiff_t>(rows.size()) * 9 / 10);
                });
  player.play(6);
}

TEST_CASE("offline policies evict what is never used again first, then the farthest by their weight") {
  const auto farther = [](const Row& a, const Row& b, auto score) {
    const bool a_dead = a.last.next_use == kNeverUsed;
    const bool b_dead = b.last.next_use == kNeverUsed;
    if (a_dead || b_dead) return a_dead && (!b_dead || a.since.back() <= b.since.back());
    return score(a) >= score(b);
  };
  const auto play = [&](const NamedParameters& spec, auto score) {
    Player player({.spec = spec}, [&](const Row& victim, const std::vector<Row>& rows, std::uint64_t now) {
      // The policy last heard of the time at the last access it was told of.
      for (const Row& row : rows) {
        REQUIRE(farther(victim, row, [&](const Row& r) { return score(r, now); }));
      }
    });
    player.play(7);
  };
  play({"belady", {}}, [](const Row& row, std::uint64_t) { return row.last.next_use; });
}

TEST_CASE("belady is the optimum of all orders of evictions on tiny workloads") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Workload work(seed, 6 + seed % 9, 3 + seed % 4, unit);
    for (const std::uint64_t capacity : {1ULL, 2ULL, 3ULL}) {
      CAPTURE(seed);
      CAPTURE(capacity);
      REQUIRE(work.replay({"belady", {}}, capacity).misses == fewest_misses(work.columns.ids(), capacity));
    }
  }
}

TEST_CASE("no policy misses less than belady, nor belady less than an unlimited cache") {
  const Workload work(8, 20'000, 600, unit);
  for (const std::uint64_t capacity : {1ULL, 2ULL, 17ULL, 100ULL}) {
    CAPTURE(capacity);
    const std::uint64_t fewest = work.replay({"belady", {}}, capacity).misses;
    CHECK(work.replay({"infinite", {}}, capacity).misses <= fewest);
    for (const EvictionDescriptor& descriptor : EvictionRegistry::instance().items()) {
      CAPTURE(descriptor.name);
      if (descriptor.name != "infinite") CHECK(work.replay({descriptor.name, {}}, capacity).misses >= fewest);
    }
  }
}

TEST_CASE("an unlimited cache misses every object once at any capacity") {
  const Workload work(9, 5'000, 300, [](std::uint32_t id) { return std::uint64_t{1} + id % 9; });
  for (const std::uint64_t capacity : {0ULL, 1ULL, 50ULL}) {
    const OneTierCounts counts = work.replay({"infinite", {}}, capacity);
    CHECK(counts.misses == work.columns.objects());
    CHECK(counts.bytes_missed == work.columns.bytes_distinct().value);
    CHECK(counts.evictions == 0);
    CHECK(counts.accesses == 5'000);
  }
}

TEST_CASE("belady by the bits of next uses and by a heap decide the same") {
  const Workload units(10, 30'000, 900, unit);
  const Workload sizes(11, 30'000, 900, [](std::uint32_t id) { return std::uint64_t{1} + id % 30; });
  for (const Workload* work : {&units, &sizes}) {
    for (const std::uint64_t capacity : {1ULL, 40ULL, 333ULL, 5'000ULL}) {
      const OneTierInput input{
          .columns = work->columns, .capacity = Bytes{capacity}, .next_uses = work->next_uses};
      const auto by_heap = make_eviction({"belady", {}}, {.capacity = Bytes{capacity}});
      CHECK(replay_one_tier(input, *by_heap) == work->replay({"belady", {}}, capacity));
    }
  }
}

TEST_CASE("belady weighed by size saves more bytes' worth of misses where sizes differ much") {
  const Workload work(12, 30'000, 900, [](std::uint32_t id) { return std::uint64_t{1} << id % 12; });
  for (const std::uint64_t capacity : {3'000ULL, 20'000ULL}) {
    const std::uint64_t plain = work.replay({"belady", {}}, capacity).misses;
    CHECK(work.replay({"belady-size", {}}, capacity).misses < plain);
    CHECK(work.replay({"belady-cost", {}}, capacity).misses < plain);  // every cost is 1 here
  }
}

TEST_CASE("lecar that trusts one expert alone is that expert") {
  const Workload work(13, 20'000, 500, unit);
  for (const std::uint64_t capacity : {1ULL, 10ULL, 100ULL}) {
    CHECK(work.replay({"lecar", {{"lru_weight", 1}, {"learning_rate", 0}}}, capacity) ==
          work.replay({"lru", {}}, capacity));
    CHECK(work.replay({"lecar", {{"lru_weight", 0}, {"learning_rate", 0}}}, capacity) ==
          work.replay({"lfu", {}}, capacity));
  }
}

TEST_CASE("policies that learn miss less than their worse expert") {
  // A popular set, and between its uses a scan of objects that never come back: recency does badly.
  AccessColumns columns;
  Rng rng(14);
  std::uint32_t next = 40;
  for (std::uint32_t id = 0; id < 40; ++id) columns.append(id, 1);
  for (int i = 0; i < 30'000; ++i) {
    columns.append(i % 2 == 0 ? static_cast<std::uint32_t>(rng.below(40)) : next, 1);
    if (i % 2 != 0) ++next;
  }
  const OneTierInput input{.columns = columns, .capacity = Bytes{50}};
  const std::uint64_t lru = replay_one_tier(input, {"lru", {}}, 1).misses;
  const std::uint64_t lfu = replay_one_tier(input, {"lfu", {}}, 1).misses;
  REQUIRE(lfu + 1'000 < lru);
  // Their memory of victims is short beside the scan, so they learn a part of it.
  CHECK(replay_one_tier(input, {"lecar", {}}, 1).misses < lru - (lru - lfu) / 10);
  CHECK(replay_one_tier(input, {"cacheus", {}}, 1).misses < lru - (lru - lfu) / 10);
}

TEST_CASE("policies that draw nothing decide the same at every scale") {
  for (const EvictionDescriptor& descriptor : EvictionRegistry::instance().items()) {
    if (descriptor.random || descriptor.name == "infinite") continue;
    CAPTURE(descriptor.name);
    const std::uint64_t alike = Workload(15, 6'000, 400, unit).replay({descriptor.name, {}}, 60).misses;
    for (const std::uint64_t scale : {3ULL, 7ULL, 1000ULL, 4096ULL}) {
      CAPTURE(scale);
      const Workload scaled(15, 6'000, 400, [scale](std::uint32_t) { return scale; });
      CHECK(scaled.replay({descriptor.name, {}}, 60 * scale).misses == alike);
    }
  }
}

TEST_CASE("gdsf decides the same when sizes that differ are scaled by a power of two") {
  const auto misses_at = [](std::uint64_t scale) {
    const Workload work(16, 20'000, 400, [scale](std::uint32_t id) { return scale * (1 + id % 17); });
    return work.replay({"gdsf", {}}, 500 * scale).misses;
  };
  for (const std::uint64_t scale : {2ULL, 64ULL, 4096ULL}) CHECK(misses_at(scale) == misses_at(1));
}

TEST_CASE("lhd decides the same at every scale for a seed") {
  const auto misses_at = [](std::uint64_t scale) {
    const Workload work(17, 20'000, 400, [scale](std::uint32_t id) { return scale * (1 + id % 17); });
    return work.replay({"lhd", {}}, 500 * scale, 3).misses;
  };
  for (const std::uint64_t scale : {3ULL, 10ULL, 4096ULL}) CHECK(misses_at(scale) == misses_at(1));
}
