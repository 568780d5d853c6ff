// SPDX-License-Identifier: Apache-2.0
#include <doctest.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>

#include "core/rng.h"
#include "policy/eviction.h"

// What every eviction policy must do, whatever it decides by: held against every registered one. Then the
// textbook policies against models too simple to be wrong.

using namespace cachebench;
using namespace cachebench::policy;

namespace {

constexpr std::size_t kCapacity = 20;

std::unique_ptr<EvictionPolicy> made(const std::string& name, std::size_t expected = 0) {
  return make_eviction({name, {}}, {.capacity = Bytes{kCapacity}, .seed = 5, .expected_entries = expected});
}

AccessInfo info_of(std::uint64_t sequence, std::uint32_t id) {
  return {.bytes = Bytes{1 + id % 3},
          .cost = Nanoseconds{1 + id % 7},
          .now = Nanoseconds{static_cast<std::int64_t>(sequence) * 100},
          .sequence = sequence,
          .next_use = sequence + 1 + id,
          .kind = ArtefactKind::kObject};
}

// A cache around a policy that trusts it with nothing.
class Harness {
 public:
  Harness(const std::string& name, std::uint64_t seed, std::size_t expected)
      : policy_(made(name, expected)), rng_(seed) {}

  void step() {
    const std::uint64_t what = rng_.below(100);
    if (what < 80) {
      access(static_cast<std::uint32_t>(rng_.below(1 + rng_.below(80))));
    } else if (what < 88) {
      toggle_pin();
    } else if (what < 94) {
      remove_one();
    } else {
      probe_victim();
    }
  }

  [[nodiscard]] const std::vector<std::uint32_t>& evicted() const { return evicted_; }

  // Everything that is resident can be evicted, once each.
  void drain() {
    while (!pinned_.empty()) unpin(*pinned_.begin());
    std::set<std::uint32_t> left = resident_;
    while (!left.empty()) {
      const EntryId victim = policy_->victim(pins_);
      REQUIRE(left.count(index_of(victim)) == 1);
      left.erase(index_of(victim));
      policy_->on_erase(victim, EraseReason::kEvicted);
    }
    REQUIRE(policy_->victim(pins_) == kNoEntry);
    resident_.clear();
  }

 private:
  void access(std::uint32_t id) {
    const AccessInfo info = info_of(sequence_++, id);
    if (resident_.count(id) != 0) {
      policy_->on_hit(EntryId{id}, info);
      return;
    }
    while (resident_.size() >= kCapacity) {
      const EntryId victim = probe_victim();
      if (victim == kNoEntry) return;  // all pinned: not admitted
      policy_->on_erase(victim, EraseReason::kEvicted);
      resident_.erase(index_of(victim));
      evicted_.push_back(index_of(victim));
    }
    policy_->on_insert(EntryId{id}, info);
    resident_.insert(id);
  }

  EntryId probe_victim() {
    const EntryId victim = policy_->victim(pins_);
    REQUIRE(policy_->victim(pins_) == victim);  // asking changes nothing
    const bool all_pinned = std::includes(pinned_.begin(), pinned_.end(), resident_.begin(), resident_.end());
    if (victim == kNoEntry) {
      REQUIRE(all_pinned);
    } else {
      REQUIRE(resident_.count(index_of(victim)) == 1);
      REQUIRE(pinned_.count(index_of(victim)) == 0);
    }
    return victim;
  }

  void toggle_pin() {
    if (pinned_.size() > kCapacity / 2 && rng_.below(20) != 0) {
      while (!pinned_.empty()) unpin(*pinned_.begin());
      return;
    }
    // Now and then everything at once, so that kNoEntry is reached.
    const bool all = rng_.below(20) == 0;
    for (const std::uint32_t id : resident_) {
      if (!all && rng_.below(10) != 0) continue;
      if (pinned_.insert(id).second) pins_.pin(EntryId{id});
    }
  }

  void unpin(std::uint32_t id) {
    pins_.unpin(EntryId{id});
    pinned_.erase(id);
  }

  void remove_one() {
    for (const std::uint32_t id : resident_) {
      if (pinned_.count(id) != 0 || rng_.below(5) != 0) continue;
      policy_->on_erase(EntryId{id}, EraseReason::kRemoved);
      resident_.erase(id);
      return;
    }
  }

  std::unique_ptr<EvictionPolicy> policy_;
  Rng rng_;
  PinSet pins_;
  std::set<std::uint32_t> resident_;
  std::set<std::uint32_t> pinned_;
  std::vector<std::uint32_t> evicted_;
  std::uint64_t sequence_ = 0;
};

// One line per resident entry, looked through from the start: slow and obvious.
struct Row {
  std::uint32_t id;
  std::uint64_t uses;
  std::uint64_t inserted;
  std::uint64_t touched;  // for lfu also: since when at its frequency
};
using Worse = std::function<bool(const Row&, const Row&)>;  // whether the first goes before the second

void check_against_model(const std::string& name, const Worse& goes_first) {
  for (const std::uint64_t pin_share : {0ULL, 4ULL}) {
    const auto policy = made(name);
    std::vector<Row> model;
    Rng rng(31 + pin_share);
    for (std::uint64_t now = 0; now < 20'000; ++now) {
      const auto id = static_cast<std::uint32_t>(rng.below(1 + rng.below(60)));
      const auto row = std::find_if(model.begin(), model.end(), [&](const Row& r) { return r.id == id; });
      if (row != model.end()) {
        policy->on_hit(EntryId{id}, info_of(now, id));
        ++row->uses;
        row->touched = now;
        continue;
      }
      PinSet pins;
      std::vector<Row> free;
      for (const Row& r : model) {
        if (pin_share != 0 && rng.below(pin_share) == 0) {
          pins.pin(EntryId{r.id});
        } else {
          free.push_back(r);
        }
      }
      if (model.size() >= kCapacity) {
        const EntryId victim = policy->victim(pins);
        if (free.empty()) {
          REQUIRE(victim == kNoEntry);
          continue;
        }
        const Row expected = *std::min_element(free.begin(), free.end(), goes_first);
        REQUIRE(index_of(victim) == expected.id);
        policy->on_erase(victim, EraseReason::kEvicted);
        std::erase_if(model, [&](const Row& r) { return r.id == expected.id; });
      }
      policy->on_insert(EntryId{id}, info_of(now, id));
      model.push_back({id, 1, now, now});
    }
  }
}

}  // namespace

TEST_CASE("every eviction policy keeps exact books and respects pins") {
  for (const EvictionDescriptor& descriptor : EvictionRegistry::instance().items()) {
    CAPTURE(descriptor.name);
    for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
      Harness harness(descriptor.name, seed, seed == 2 ? 1'000 : 0);
      for (int i = 0; i < 5'000; ++i) harness.step();
      harness.drain();
      for (int i = 0; i < 1'000; ++i) harness.step();
      harness.drain();
    }
  }
}

TEST_CASE("every eviction policy decides the same twice, whatever was reserved") {
  for (const EvictionDescriptor& descriptor : EvictionRegistry::instance().items()) {
    CAPTURE(descriptor.name);
    Harness a(descriptor.name, 9, 0);
    Harness b(descriptor.name, 9, 0);
    Harness reserved(descriptor.name, 9, 500);
    for (int i = 0; i < 5'000; ++i) {
      a.step();
      b.step();
      reserved.step();
    }
    CHECK(a.evicted() == b.evicted());
    CHECK(a.evicted() == reserved.evicted());
    CHECK(a.evicted().size() > 100);
  }
}

TEST_CASE("every eviction policy says what it is") {
  for (const EvictionDescriptor& descriptor : EvictionRegistry::instance().items()) {
    CAPTURE(descriptor.name);
    CHECK_FALSE(descriptor.summary.empty());
    CHECK_FALSE(descriptor.source.empty());
    for (const ParameterSpec& parameter : descriptor.parameters) {
      CHECK_FALSE(parameter.doc.empty());
      CHECK(parameter.min <= parameter.default_value);
      CHECK(parameter.default_value <= parameter.max);
    }
  }
}

TEST_CASE("lru against a table of last uses") {
  check_against_model("lru", [](const Row& a, const Row& b) { return a.touched < b.touched; });
}

TEST_CASE("fifo against a table of insertions") {
  check_against_model("fifo", [](const Row& a, const Row& b) { return a.inserted < b.inserted; });
}

TEST_CASE("lfu against a table of counts, ties to the one longest at its frequency") {
  check_against_model("lfu", [](const Row& a, const Row& b) {
    return a.uses != b.uses ? a.uses < b.uses : a.touched < b.touched;
  });
}

TEST_CASE("lfu by hand") {
  const auto policy = made("lfu");
  const PinSet none;
  for (std::uint32_t id = 0; id < 3; ++id) policy->on_insert(EntryId{id}, {});
  policy->on_hit(EntryId{0}, {});
  policy->on_hit(EntryId{1}, {});
  CHECK(policy->victim(none) == EntryId{2});  // used once
  policy->on_hit(EntryId{2}, {});
  CHECK(policy->victim(none) == EntryId{0});  // all twice, 0 the longest
  policy->on_hit(EntryId{0}, {});
  policy->on_erase(EntryId{1}, EraseReason::kEvicted);
  policy->on_insert(EntryId{1}, {});  // comes back with a count of one
  CHECK(policy->victim(none) == EntryId{1});
}
