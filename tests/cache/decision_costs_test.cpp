// SPDX-License-Identifier: Apache-2.0
// What policies are told: a probe records it.
#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"
#include "cache/decision_engine.h"

namespace cachebench::cache {
namespace {

using testing::engine_options_of;
using testing::entry_of;
using testing::round_costs;

struct Told {
  char what;
  EntryId id;
  policy::AccessInfo info;
};
std::vector<Told>& told() {
  static std::vector<Told> all;
  return all;
}

// First in, first out, and writes down what it hears. Known to this binary only.
class Probe final : public policy::EvictionPolicy {
 public:
  void on_arrival(EntryId id, const policy::AccessInfo& info) override { told().push_back({'a', id, info}); }
  void on_insert(EntryId id, const policy::AccessInfo& info) override {
    told().push_back({'i', id, info});
    queue_.push_back(id);
  }
  void on_hit(EntryId id, const policy::AccessInfo& info) override { told().push_back({'h', id, info}); }
  void on_erase(EntryId id, policy::EraseReason) override {
    told().push_back({'e', id, {}});
    std::erase(queue_, id);
  }
  [[nodiscard]] EntryId victim(const policy::PinSet& pins) override {
    for (const EntryId id : queue_) {
      if (!pins.is_pinned(id)) return id;
    }
    return kNoEntry;
  }
  void report_facts(std::map<std::string, double>& facts) const override {
    facts["held"] = static_cast<double>(queue_.size());
  }

 private:
  std::vector<EntryId> queue_;
};
bool add_probe(const char* name, bool oracle) {
  return policy::EvictionRegistry::instance().add(
      {.name = name,
       .summary = "",
       .source = "",
       .uses_profile = true,
       .sees_future = oracle,
       .make = [](const policy::EvictionContext&, const Parameters&) { return std::make_unique<Probe>(); },
       .replay = {}});
}
[[maybe_unused]] const bool kProbe = add_probe("test-probe", false);
[[maybe_unused]] const bool kOracle = add_probe("test-oracle", true);

struct Bench {
  hardware::CostModel costs = round_costs();
  DecisionEngine engine;
  Bench(const std::string& migration, const std::string& eviction = "test-probe")
      : engine(engine_options_of({{100, eviction}, {100, eviction}, {100, eviction}}, migration), costs) {
    told().clear();
  }
  EntryId id(std::uint64_t number, std::uint64_t bytes = 40, std::int64_t recompute = 100'000) {
    EntryDescription what = entry_of(number, bytes);
    what.recompute = Nanoseconds{recompute};
    what.depth = static_cast<std::uint32_t>(number);
    return engine.intern(what);
  }
  void miss(EntryId entry, const AccessContext& context = {}) {
    (void)engine.access(entry, engine.directory()[entry].what.bytes, context);
    engine.put(entry);
  }
  // Of the last thing told that is `what`.
  static policy::AccessInfo last(char what) {
    for (std::size_t i = told().size(); i-- > 0;) {
      if (told()[i].what == what) return told()[i].info;
    }
    return {};
  }
  static std::string story() {
    std::string text;
    for (const Told& one : told()) text += one.what + std::to_string(index_of(one.id)) + " ";
    return text;
  }
};

TEST_CASE("a policy hears of an arrival before room is made") {
  Bench bench("none");
  for (std::uint64_t i = 0; i < 3; ++i) bench.miss(bench.id(i));
  CHECK(Bench::story() == "a0 i0 a1 i1 a2 e0 i2 ");
}

TEST_CASE("the request of an entry, its future and its depth go with it down the tiers") {
  Bench bench("demote-on-evict");
  for (std::uint64_t i = 0; i < 3; ++i) {
    bench.miss(bench.id(i), {.request = {.sequence = 10 + i, .session = 5, .turn = 2}, .next_use = 70 + i});
  }
  // The last insertion but one is the victim's, into the second tier.
  const Told& demoted = told()[told().size() - 2];
  CHECK(demoted.what == 'i');
  CHECK(demoted.id == bench.id(0));
  CHECK(demoted.info.request == policy::RequestInfo{.sequence = 10, .session = 5, .turn = 2});
  CHECK(demoted.info.next_use == 70);
  CHECK(demoted.info.depth == 0);
  CHECK(Bench::last('i').depth == 2);
  CHECK(Bench::last('i').request.sequence == 12);
}

TEST_CASE("what losing a copy costs depends on where the entry would still live") {
  // Fetching 40 bytes takes nothing from the device, 140 ns from the host, 280 ns from the SSD.
  {
    Bench gone("none");
    gone.miss(gone.id(0));
    CHECK(Bench::last('i').loss == Nanoseconds{100'000});
  }
  {
    Bench down("demote-on-evict");
    down.miss(down.id(0));
    CHECK(Bench::last('i').loss == Nanoseconds{140});
    down.miss(down.id(1, 60));
    down.miss(down.id(2));  // 0 goes to the second tier: from there to the third
    CHECK(told()[told().size() - 2].info.loss == Nanoseconds{140});
  }
  {
    Bench cheap("demote-on-evict");
    cheap.miss(cheap.id(0, 40, 50));  // computing beats fetching
    CHECK(Bench::last('i').loss == Nanoseconds{50});
  }
  {
    Bench kept("promote-on-hit");
    const EntryId entry = kept.id(0);
    REQUIRE(kept.engine.adopt(entry, Level::kL3));
    CHECK(Bench::last('i').loss == Nanoseconds{100'000 - 280});
    (void)kept.engine.access(entry, Bytes{40});
    CHECK(Bench::last('i').loss == Nanoseconds{280});  // in the first tier; the copy below stays
  }
}

TEST_CASE("an entry's past goes with it: uses, the last of them, the gap before that") {
  Bench bench("demote-on-evict");
  const EntryId a = bench.id(0);
  bench.miss(a);  // reference 0
  CHECK(Bench::last('i').uses == 1);
  (void)bench.engine.access(bench.id(1), Bytes{40});
  (void)bench.engine.access(bench.id(2), Bytes{40});
  bench.engine.account_skipped(a, Skipped::kCovered);  // 3: no use of it
  (void)bench.engine.access(a, Bytes{40});             // 4
  CHECK(Bench::last('h').uses == 2);
  CHECK(Bench::last('h').sequence == 4);
  CHECK(Bench::last('h').last_use == 4);
  CHECK(Bench::last('h').last_gap == 4);
  bench.engine.put(bench.id(1));
  bench.engine.put(bench.id(2));  // pushes `a` down
  const policy::AccessInfo demoted = told()[told().size() - 2].info;
  CHECK(demoted.last_use == 4);
  CHECK(demoted.sequence == 5);
}

TEST_CASE("an oracle hears of references that nobody looked up, others do not") {
  for (const std::string name : {"test-probe", "test-oracle"}) {
    Bench bench("none", name);
    const EntryId entry = bench.id(0);
    bench.miss(entry, {.request = {}, .next_use = 1});
    bench.engine.account_skipped(entry, Skipped::kCovered, {.request = {}, .next_use = 9});
    CHECK((Bench::last('h').next_use == 9) == (name == "test-oracle"));
  }
}

TEST_CASE("policies say of themselves what they like") {
  Bench bench("none");
  bench.miss(bench.id(0));
  const PolicyFacts facts = bench.engine.facts();
  REQUIRE(facts.eviction.size() == 3);
  CHECK(facts.eviction[0].at("held") == 1);
  CHECK(facts.eviction[1].at("held") == 0);
}

}  // namespace
}  // namespace cachebench::cache
