// SPDX-License-Identifier: Apache-2.0
#include <doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/rng.h"
#include "policy/eviction.h"
#include "policy/one_tier/replay.h"
#include "policy/reuse_model.h"

// The cost-aware policies against tables looked through from the start, and each of their terms against a
// case that it alone decides.

using namespace cachebench;
using namespace cachebench::policy;

namespace {

std::unique_ptr<EvictionPolicy> made(const std::string& name,
                                     std::map<std::string, double, std::less<>> values = {}) {
  return make_eviction({name, std::move(values)}, {.capacity = Bytes{1'000}, .seed = 3});
}

const PinSet kNone;

// What one request leaves behind: a chain of blocks, touched front to back.
AccessInfo block_of(std::uint64_t request, std::uint32_t depth, std::uint64_t sequence) {
  return {.bytes = Bytes{1'000},
          .cost = Nanoseconds{50'000},
          .loss = Nanoseconds{50'000},
          .now = Nanoseconds{static_cast<std::int64_t>(sequence)},
          .sequence = sequence,
          .uses = 1,
          .last_use = sequence,
          .request = {.sequence = request, .session = request, .turn = 0},
          .depth = depth,
          .kind = ArtefactKind::kKvBlock};
}

AccessInfo object(std::uint64_t sequence, std::uint64_t bytes, std::int64_t cost, std::int64_t loss) {
  return {.bytes = Bytes{bytes}, .cost = Nanoseconds{cost}, .loss = Nanoseconds{loss}, .sequence = sequence};
}

// Evicts once and says who.
EntryId evict(EvictionPolicy& policy) {
  const EntryId victim = policy.victim(kNone);
  policy.on_erase(victim, EraseReason::kEvicted);
  return victim;
}

struct Row {
  std::uint32_t id;
  double rank;
  std::uint64_t touched;
};

// Random accesses with sizes and costs; `rank` is called at every insertion and hit, and says what the model
// ranks the entry by from then on. Ties go to the least recently touched.
template <typename Rank, typename Evicted>
void check_against_ranks(EvictionPolicy& policy, Rank rank, Evicted evicted) {
  constexpr std::size_t kCapacity = 20;
  std::vector<Row> model;
  Rng rng(12);
  for (std::uint64_t now = 1; now < 20'000; ++now) {
    const auto id = static_cast<std::uint32_t>(rng.below(1 + rng.below(70)));
    const AccessInfo access = object(now, 1 + id % 5, 10 + id % 7, 10 + id % 7);
    const auto row = std::find_if(model.begin(), model.end(), [&](const Row& r) { return r.id == id; });
    if (row != model.end()) {
      policy.on_hit(EntryId{id}, access);
      row->rank = rank(id, access, true);
      row->touched = now;
      continue;
    }
    if (model.size() >= kCapacity) {
      const auto worst = std::min_element(model.begin(), model.end(), [](const Row& a, const Row& b) {
        return a.rank != b.rank ? a.rank < b.rank : a.touched < b.touched;
      });
      const EntryId victim = policy.victim(kNone);
      REQUIRE(index_of(victim) == worst->id);
      evicted(worst->rank);
      policy.on_erase(victim, EraseReason::kEvicted);
      model.erase(worst);
    }
    policy.on_insert(EntryId{id}, access);
    model.push_back({id, rank(id, access, false), now});
  }
}

double density(const AccessInfo& access) {
  return 1e6 * static_cast<double>(access.loss.count()) / static_cast<double>(access.bytes.value);
}

}  // namespace

TEST_CASE("gdsf-t without decay against a table of ranks") {
  const auto policy = made("gdsf-t", {{"decay", 0}});
  std::map<std::uint32_t, double> uses;  // across stays in the tier
  double floor = 0;
  check_against_ranks(
      *policy,
      [&](std::uint32_t id, const AccessInfo& access, bool) { return floor + ++uses[id] * density(access); },
      [&](double rank) { floor = std::max(floor, rank); });
}

TEST_CASE("chime with a clock that never runs out against a table of scores") {
  const auto policy = made("chime", {{"period", 1e9}});
  std::map<std::uint32_t, double> frequency;  // since insertion
  check_against_ranks(
      *policy,
      [&](std::uint32_t id, const AccessInfo& access, bool hit) {
        frequency[id] = hit ? frequency[id] + 1 : 1;
        return (frequency[id] + (hit ? 15 : 0)) * density(access);
      },
      [](double) {});
}

TEST_CASE("chime's clock runs down") {
  const auto policy = made("chime", {{"period", 2}, {"clock", 3}});
  std::uint64_t now = 0;
  policy->on_insert(EntryId{0}, object(++now, 10, 100, 100));
  policy->on_insert(EntryId{1}, object(++now, 10, 300, 300));
  policy->on_hit(EntryId{0}, object(++now, 10, 100, 100));  // (2 + 3)·10 against 1·30
  CHECK(policy->victim(kNone) == EntryId{1});
  for (std::uint32_t id = 10; id < 16; ++id) {  // six more accesses, three ticks
    policy->on_insert(EntryId{id}, object(++now, 1, 10'000, 10'000));
  }
  CHECK(policy->victim(kNone) == EntryId{0});  // 2·10 against 1·30
}

TEST_CASE("tails of a request leave first") {
  for (const char* name : {"lhd-c", "gdsf-t", "marconi", "tail-lru", "category-hazard"}) {
    CAPTURE(name);
    const auto policy = made(name);
    std::uint64_t sequence = 0;
    for (std::uint32_t depth = 0; depth < 8; ++depth)
      policy->on_insert(EntryId{depth}, block_of(1, depth, sequence++));
    for (std::uint32_t depth = 8; depth-- > 0;) CHECK(evict(*policy) == EntryId{depth});
    CHECK(policy->victim(kNone) == kNoEntry);
  }
}

TEST_CASE("without the term for chains the head of a request leaves first") {
  const auto policy = made("gdsf-t", {{"chain", 0}});
  for (std::uint32_t depth = 0; depth < 4; ++depth)
    policy->on_insert(EntryId{depth}, block_of(1, depth, depth));
  CHECK(policy->victim(kNone) == EntryId{0});
}

TEST_CASE("lhd-c ends one chain before it cuts another") {
  const auto policy = made("lhd-c");
  std::uint64_t sequence = 0;
  for (std::uint32_t request = 1; request <= 3; ++request) {
    for (std::uint32_t depth = 0; depth < 5; ++depth)
      policy->on_insert(EntryId{10 * request + depth}, block_of(request, depth, sequence++));
  }
  std::map<std::uint32_t, int> cut;
  for (int i = 0; i < 5; ++i) ++cut[index_of(evict(*policy)) / 10];
  CHECK(cut.size() == 1);
}

TEST_CASE("what lives on below costs little to lose") {
  // Two entries alike, but one has a copy below: losing it costs a fetch, not a computation.
  for (const char* name : {"lhd-c", "gdsf-t", "predictive"}) {
    CAPTURE(name);
    const auto policy = made(name);
    policy->on_insert(EntryId{0}, object(1, 100, 9'000, 9'000));
    policy->on_insert(EntryId{1}, object(2, 100, 9'000, 40));
    CHECK(policy->victim(kNone) == EntryId{1});
  }
  for (const char* name : {"lhd-c", "gdsf-t"}) {
    CAPTURE(name);
    const auto policy = made(name, {{"marginal", 0}});
    policy->on_insert(EntryId{0}, object(1, 100, 8'000, 8'000));
    policy->on_insert(EntryId{1}, object(2, 100, 9'000, 40));
    CHECK(policy->victim(kNone) == EntryId{0});
  }
}

TEST_CASE("tail-lru gives up what the next turn can spare before anything else") {
  const auto policy = made("tail-lru", {{"target_ms", 0.12}});  // two blocks of 50 us, not three
  std::uint64_t sequence = 0;
  for (std::uint32_t request = 1; request <= 3; ++request) {
    for (std::uint32_t depth = 0; depth < 4; ++depth)
      policy->on_insert(EntryId{10 * request + depth}, block_of(request, depth, sequence++));
  }
  // The third request is not over, so nothing of it is spare yet.
  for (const std::uint32_t expected : {13U, 12U, 23U, 22U, 11U, 10U, 21U, 20U, 33U})
    CHECK(index_of(evict(*policy)) == expected);
}

TEST_CASE("category-hazard learns which kind comes back") {
  const auto policy = made("category-hazard");
  std::uint64_t now = 0;
  std::uint32_t fresh = 100;
  const auto access = [&](std::uint32_t id, ArtefactKind kind, bool hit) {
    const AccessInfo info{.bytes = Bytes{10}, .sequence = ++now, .kind = kind};
    if (hit) return policy->on_hit(EntryId{id}, info);
    policy->on_insert(EntryId{id}, info);
  };
  for (int i = 0; i < 200; ++i) {  // images come back, texts do not
    const std::uint32_t image = fresh++;
    access(image, ArtefactKind::kImage, false);
    access(fresh++, ArtefactKind::kText, false);
    access(image, ArtefactKind::kImage, true);
    while (now % 3 == 0 && i > 10) {
      policy->on_erase(policy->victim(kNone), EraseReason::kEvicted);
      break;
    }
  }
  access(1, ArtefactKind::kImage, false);
  access(2, ArtefactKind::kText, false);
  // Whatever is older of the same kind goes before; of the two new ones the text does.
  std::vector<std::uint32_t> order;
  while (policy->victim(kNone) != kNoEntry) order.push_back(index_of(evict(*policy)));
  const auto place = [&](std::uint32_t id) {
    return std::find(order.begin(), order.end(), id) - order.begin();
  };
  CHECK(place(2) < place(1));
}

TEST_CASE("marconi weighs efficiency against recency") {
  for (const double alpha : {0.0, 5.0}) {
    CAPTURE(alpha);
    const auto policy = made("marconi", {{"alpha", alpha}});
    policy->on_insert(EntryId{0}, object(100, 10, 90'000, 90'000));  // dear, and older
    policy->on_insert(EntryId{1}, object(150, 10, 90, 90));
    CHECK(policy->victim(kNone) == EntryId{alpha == 0 ? 0U : 1U});
  }
}

TEST_CASE("lhd-c keeps the kind that returns, without being told") {
  const auto policy = made("lhd-c");
  const auto blind = made("lhd-c", {{"kind", 0}});
  std::uint64_t now = 0;
  std::uint32_t fresh = 100;
  const auto use = [&](EvictionPolicy& to, std::uint32_t id, ArtefactKind kind, bool hit) {
    const AccessInfo info{
        .bytes = Bytes{10}, .cost = Nanoseconds{10}, .loss = Nanoseconds{10}, .sequence = now, .kind = kind};
    hit ? to.on_hit(EntryId{id}, info) : to.on_insert(EntryId{id}, info);
  };
  std::vector<std::uint32_t> texts;
  for (int i = 0; i < 6'000; ++i) {
    const std::uint32_t image = fresh++;
    const std::uint32_t text = fresh++;
    for (EvictionPolicy* to : {policy.get(), blind.get()}) {
      use(*to, image, ArtefactKind::kImage, false);
      use(*to, text, ArtefactKind::kText, false);
    }
    now += 2;
    for (EvictionPolicy* to : {policy.get(), blind.get()}) {
      use(*to, image, ArtefactKind::kImage, true);
      to->on_erase(EntryId{image}, EraseReason::kRemoved);
      to->on_erase(EntryId{text}, EraseReason::kRemoved);
    }
    ++now;
  }
  for (EvictionPolicy* to : {policy.get(), blind.get()}) {
    use(*to, 1, ArtefactKind::kImage, false);
    use(*to, 2, ArtefactKind::kText, false);
  }
  CHECK(policy->victim(kNone) == EntryId{2});
  CHECK(blind->victim(kNone) == EntryId{1});  // for it both are alike, and the first is looked at first
}

TEST_CASE("adaptive goes over to what saves more, and says so") {
  // Every other access goes to something never seen before, which washes through lru and not through lfu.
  const auto policy = make_eviction(
      {"adaptive", {{"sample", 0}, {"lhd-c", 0}, {"gdsf-t", 0}, {"s3fifo", 0}, {"memory", 256}}},
      {.capacity = Bytes{40}, .seed = 3});
  std::map<std::string, double> before;
  policy->report_facts(before);
  CHECK(before.at("active_lru") == 1);
  std::vector<std::uint32_t> resident;
  Rng rng(2);
  std::uint64_t now = 0;
  std::uint64_t hits = 0;
  for (int i = 0; i < 30'000; ++i) {
    const auto id = static_cast<std::uint32_t>(i % 2 == 0 ? rng.below(1 + rng.below(90))
                                                          : 100U + static_cast<std::uint32_t>(i));
    const AccessInfo info = object(++now, 1, 10, 10);
    if (std::find(resident.begin(), resident.end(), id) != resident.end()) {
      policy->on_hit(EntryId{id}, info);
      ++hits;
      continue;
    }
    if (resident.size() == 40) {
      const EntryId victim = policy->victim(kNone);
      std::erase(resident, index_of(victim));
      policy->on_erase(victim, EraseReason::kEvicted);
    }
    policy->on_insert(EntryId{id}, info);
    resident.push_back(id);
  }
  std::map<std::string, double> facts;
  policy->report_facts(facts);
  CHECK(facts.at("active_lfu") == 1);
  CHECK(facts.at("switches") >= 1);
  CHECK(facts.at("switches") < 20);
  CHECK(facts.at("shadow_accesses_ratio") == 2);
  CHECK(hits > 8'000);
}

TEST_CASE("tiers that learn together know what only the first of them sees") {
  const auto shared = std::make_shared<SharedLearning>();
  const auto tier = [&](const std::shared_ptr<SharedLearning>& learning) {
    return make_eviction({"lhd-c", {}},
                         {.capacity = Bytes{100}, .seed = 1, .future_ids = {}, .learning = learning});
  };
  const auto upper = tier(shared);
  const auto lower = tier(shared);
  const auto alone = tier(nullptr);
  std::uint64_t now = 0;
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    const AccessInfo image{.bytes = Bytes{10}, .sequence = now, .kind = ArtefactKind::kImage};
    const AccessInfo text{.bytes = Bytes{10}, .sequence = now + 1, .kind = ArtefactKind::kText};
    upper->on_insert(EntryId{100 + 2 * i}, image);
    upper->on_insert(EntryId{101 + 2 * i}, text);
    AccessInfo again = image;
    again.sequence = now + 2;
    upper->on_hit(EntryId{100 + 2 * i}, again);
    upper->on_erase(EntryId{100 + 2 * i}, EraseReason::kRemoved);
    upper->on_erase(EntryId{101 + 2 * i}, EraseReason::kRemoved);
    now += 3;
  }
  for (EvictionPolicy* to : {lower.get(), alone.get()}) {
    to->on_insert(EntryId{1}, {.bytes = Bytes{10}, .sequence = now, .kind = ArtefactKind::kImage});
    to->on_insert(EntryId{2}, {.bytes = Bytes{10}, .sequence = now, .kind = ArtefactKind::kText});
  }
  CHECK(lower->victim(kNone) == EntryId{2});
  CHECK(alone->victim(kNone) == EntryId{1});
}

TEST_CASE("cost-aware policies behave at capacities of none, one and two") {
  AccessColumns columns;
  Rng rng(5);
  std::uint32_t seen = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto id = static_cast<std::uint32_t>(std::min<std::uint64_t>(seen, rng.below(30)));
    if (id == seen) ++seen;
    columns.append(id, 1 + id % 3);
  }
  for (const char* name :
       {"category-hazard", "marconi", "chime", "tail-lru", "gdsf-t", "lhd-c", "predictive", "adaptive"}) {
    CAPTURE(name);
    for (const std::uint64_t capacity : {0ULL, 1ULL, 2ULL}) {
      const OneTierCounts counts =
          replay_one_tier({.columns = columns, .capacity = Bytes{capacity}}, {name, {}}, 1);
      CHECK(counts.accesses == 3'000);
      CHECK(counts.peak_bytes <= capacity);
      if (capacity == 0) CHECK(counts.misses == 3'000);
    }
  }
}
