// SPDX-License-Identifier: Apache-2.0
#include "policy/admission.h"

#include <doctest.h>

#include "core/error.h"
#include "support/tier_view_double.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("always admits whatever it is") {
  const auto admission = make_admission({"always", {}}, Bytes{10});
  const AccessInfo large{.bytes = Bytes{1'000}};
  admission->on_access(EntryId{3}, large);
  CHECK(admission->admit({.id = EntryId{3}, .access = large}));
}

namespace {

// An admission policy, and an entry that asks.
struct Gate {
  std::unique_ptr<AdmissionPolicy> policy;
  testing::TierViewDouble tiers;
  std::uint64_t sequence = 0;
  explicit Gate(const NamedParameters& spec, Bytes capacity = Bytes{1'000})
      : policy(make_admission(spec, capacity)) {}

  void access(std::uint32_t id, int times = 1) {
    for (int i = 0; i < times; ++i) policy->on_access(EntryId{id}, {.sequence = sequence++});
  }
  bool admits(std::uint32_t id, std::uint64_t bytes = 100, std::int64_t loss = 1'000,
              std::uint32_t uses = 1) {
    AdmissionQuery query{.id = EntryId{id}, .tiers = &tiers};
    query.access = {.bytes = Bytes{bytes}, .loss = Nanoseconds{loss}, .uses = uses};
    return policy->admit(query);
  }
};

}  // namespace

TEST_CASE("n-hit admits at the n-th access within the window") {
  Gate gate({"n-hit", {{"hits", 3.0}, {"window", 5.0}}});
  CHECK_FALSE(gate.admits(1));
  gate.access(1, 2);
  CHECK_FALSE(gate.admits(1));
  gate.access(1);
  CHECK(gate.admits(1));
  gate.access(2, 2);
  gate.access(9, 5);
  gate.access(2);  // six accesses after its last: counted anew
  CHECK_FALSE(gate.admits(2));
}

TEST_CASE("tinylfu weighs the candidate against all it would displace") {
  Gate gate({"tinylfu", {}});
  gate.access(1, 5);
  gate.access(2, 3);
  gate.access(3, 3);
  CHECK(gate.admits(4));  // nobody has to go
  gate.tiers.leaving[0] = {{EntryId{2}, Bytes{10}, Nanoseconds{1}}};
  CHECK(gate.admits(1));
  CHECK_FALSE(gate.admits(4));
  CHECK_FALSE(gate.admits(3));  // no exchange of equals
  gate.tiers.leaving[0].push_back({EntryId{3}, Bytes{10}, Nanoseconds{1}});
  CHECK_FALSE(gate.admits(1));
}

TEST_CASE("size-threshold admits a range of sizes and no more than a share of the tier") {
  Gate gate({"size-threshold", {{"min_bytes", 10.0}, {"max_bytes", 500.0}, {"max_share", 0.2}}});
  CHECK_FALSE(gate.admits(1, 9));
  CHECK(gate.admits(1, 10));
  CHECK(gate.admits(1, 200));
  CHECK_FALSE(gate.admits(1, 201));
  Gate wide({"size-threshold", {{"max_bytes", 500.0}, {"max_share", 1.0}}});
  CHECK(wide.admits(1, 500));
  CHECK_FALSE(wide.admits(1, 501));
}

TEST_CASE("cost-density admits what saves more a byte than what it displaces") {
  Gate gate({"cost-density", {{"min_ns_per_byte", 2.0}}});
  CHECK(gate.admits(1, 100, 200));
  CHECK_FALSE(gate.admits(1, 100, 199));
  gate.tiers.leaving[0] = {{EntryId{2}, Bytes{50}, Nanoseconds{500}},
                           {EntryId{3}, Bytes{50}, Nanoseconds{0}}};
  CHECK(gate.admits(1, 100, 500));  // 5 a byte, as the victims together
  CHECK_FALSE(gate.admits(1, 100, 499));
}

TEST_CASE("payback admits when the expected saving exceeds the write and the wear") {
  Gate gate({"payback", {}});
  const auto feed = [&](std::uint32_t uses, std::uint64_t gap, int times) {
    for (int i = 0; i < times; ++i) gate.policy->on_access(EntryId{1}, {.uses = uses, .last_gap = gap});
  };
  // Entering the first tier takes no write; nothing saved is no reason all the same.
  CHECK(gate.admits(1, 100, 1));
  CHECK_FALSE(gate.admits(1, 100, 0));
  // Of a hundred entries accessed once, one came back: 1'000 saved at a chance of 2/102 against 150 written.
  feed(1, 0, 100);
  feed(2, 10, 1);
  AdmissionQuery down{.id = EntryId{1}, .level = Level::kL2, .from = Level::kL1, .tiers = &gate.tiers};
  down.access = {.bytes = Bytes{100}, .loss = Nanoseconds{1'000}, .uses = 1};
  CHECK_FALSE(gate.policy->admit(down));
  down.access.loss = Nanoseconds{7'650};  // exactly what it takes is not enough
  CHECK_FALSE(gate.policy->admit(down));
  down.access.loss = Nanoseconds{7'700};
  CHECK(gate.policy->admit(down));
  // Those that came back once come back again; too late counts as never.
  feed(2, 10, 50);
  feed(3, 10, 50);
  down.access = {.bytes = Bytes{100}, .loss = Nanoseconds{1'000}, .uses = 2};
  CHECK(gate.policy->admit(down));
  feed(3, 10, 1);
  gate.tiers.stay[1] = 5;
  CHECK(gate.policy->admit(down));
  for (int i = 0; i < 2'000; ++i)
    gate.policy->on_access(EntryId{1}, {.uses = i % 2 == 0 ? 2U : 3U, .last_gap = 10});
  CHECK_FALSE(gate.policy->admit(down));
  Gate worn({"payback", {{"endurance_ns_per_byte", 20.0}}});
  CHECK_FALSE(worn.admits(1, 100, 3'000));
  CHECK(worn.admits(1, 100, 5'000));
}

TEST_CASE("unknown admission policies and parameters") {
  CHECK_THROWS_WITH_AS(static_cast<void>(make_admission({"alway", {}}, Bytes{1})),
                       doctest::Contains("always"), Error);
  CHECK_THROWS_AS(static_cast<void>(make_admission({"always", {{"n", 2.0}}}, Bytes{1})), Error);
}
