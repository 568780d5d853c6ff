// SPDX-License-Identifier: Apache-2.0
#include "policy/sampling.h"

#include <doctest.h>

#include <map>
#include <vector>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

namespace {

struct Item {
  EntryId id = kNoEntry;
  std::uint64_t value = 0;
};

}  // namespace

TEST_CASE("a resident table against std::map") {
  ResidentTable<Item> table;
  std::map<std::uint32_t, std::uint64_t> slow;
  Rng rng(3);
  for (std::uint64_t now = 0; now < 20'000; ++now) {
    const auto id = static_cast<std::uint32_t>(rng.below(50));
    REQUIRE(table.contains(EntryId{id}) == slow.contains(id));
    REQUIRE((table.find(EntryId{id}) != nullptr) == slow.contains(id));
    if (!slow.contains(id)) {
      table.insert({.id = EntryId{id}, .value = now});
      slow[id] = now;
    } else if (rng.below(2) == 0) {
      table.erase(EntryId{id});
      slow.erase(id);
    } else {
      REQUIRE(table.of(EntryId{id}).value == slow[id]);
      table.of(EntryId{id}).value = slow[id] = now;
    }
    REQUIRE(table.size() == slow.size());
    REQUIRE(table.empty() == slow.empty());
  }
  for (std::size_t slot = 0; slot < table.size(); ++slot) {
    CHECK(slow.at(index_of(table.at(slot).id)) == table.at(slot).value);
  }
}

TEST_CASE("draws are uniform, in range and repeatable") {
  Draws draws(7);
  Draws again(7);
  Draws other(8);
  std::vector<int> counts(10);
  int differ = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t drawn = draws.below(10);
    REQUIRE(drawn < 10);
    REQUIRE(drawn == again.below(10));
    differ += drawn != other.below(10) ? 1 : 0;
    ++counts[drawn];
  }
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 500);
  CHECK(differ > 80'000);
  CHECK(draws.below(1) == 0);
}

TEST_CASE("the least of a sample is the least of all when the sample is large") {
  ResidentTable<Item> table;
  Draws draws(1);
  const PinSet none;
  const auto less = [](const Item& a, const Item& b) { return a.value < b.value; };
  CHECK(least_of_sample(table, 8, draws, none, less) == kNoEntry);
  for (std::uint32_t id = 0; id < 20; ++id) table.insert({.id = EntryId{id}, .value = (id * 7) % 20});
  CHECK(least_of_sample(table, 1'000, draws, none, less) == EntryId{0});

  PinSet pins;
  for (std::uint32_t id = 0; id < 20; ++id) {
    if (id != 13) pins.pin(EntryId{id});
  }
  CHECK(least_of_sample(table, 1, draws, pins, less) == EntryId{13});  // found though it is hardly drawn
  pins.pin(EntryId{13});
  CHECK(least_of_sample(table, 1, draws, pins, less) == kNoEntry);
}

TEST_CASE("a choice stands until its entry is pinned, used or something left") {
  LastChoice choice;
  PinSet pins;
  CHECK_FALSE(choice.stands(pins));
  CHECK(choice.remember(EntryId{4}) == EntryId{4});
  CHECK(choice.stands(pins));
  choice.forget(EntryId{5});
  CHECK(choice.stands(pins));
  pins.pin(EntryId{4});
  CHECK_FALSE(choice.stands(pins));
  pins.unpin(EntryId{4});
  choice.forget(EntryId{4});
  CHECK_FALSE(choice.stands(pins));
  choice.remember(EntryId{4});
  choice.forget();
  CHECK_FALSE(choice.stands(pins));
}
