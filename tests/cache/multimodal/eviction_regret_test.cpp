// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/eviction_regret.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/rng.h"

using namespace cachebench;
using cache::EvictionRegret;

TEST_CASE("what was asked for again within the window is told from what was not, as a list of all says") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    constexpr std::uint64_t kWindow = 50;
    struct Event {
      std::uint32_t id;
      std::uint64_t at;
      bool open = true;
    };
    EvictionRegret regret(kWindow);
    std::vector<Event> evicted;  // everything, for ever
    EvictionRegret::Counts expected;
    Rng rng(seed);
    for (std::uint64_t sequence = 1; sequence < 5000; ++sequence) {
      const auto id = static_cast<std::uint32_t>(rng.below(80));
      for (Event& event : evicted) {
        if (!event.open || sequence - event.at <= kWindow) continue;
        event.open = false;
        ++expected.let_go;
      }
      if (rng.below(2) == 0) {
        for (Event& event : evicted) {
          if (!event.open || event.id != id) continue;
          event.open = false;
          ++expected.let_go;
        }
        evicted.push_back({.id = id, .at = sequence});
        ++expected.evicted;
        regret.evicted(EntryId{id}, sequence);
      } else {
        for (Event& event : evicted) {
          if (!event.open || event.id != id) continue;
          event.open = false;
          ++expected.asked_again;
        }
        regret.missed(EntryId{id}, sequence);
      }
      const EvictionRegret::Counts counts = regret.counts(sequence);
      REQUIRE(counts.evicted == expected.evicted);
      REQUIRE(counts.asked_again == expected.asked_again);
      REQUIRE(counts.let_go == expected.let_go);
      REQUIRE(counts.evicted == counts.asked_again + counts.let_go + regret.undecided());
    }
    CHECK(expected.asked_again > 0);
    CHECK(expected.let_go > 0);
  }
}

TEST_CASE("efficiency is absent while nothing is decided, and sums add") {
  EvictionRegret regret(10);
  regret.evicted(EntryId{1}, 1);
  CHECK_FALSE(regret.counts(2).efficiency().has_value());
  regret.missed(EntryId{1}, 5);
  CHECK(regret.counts(5).efficiency() == 0.0);
  regret.evicted(EntryId{2}, 6);
  CHECK(regret.counts(16).efficiency() == 0.0);
  CHECK(regret.counts(17).efficiency() == 0.5);
  EvictionRegret::Counts sum = regret.counts(17);
  sum += {.evicted = 2, .asked_again = 0, .let_go = 2};
  CHECK(sum.efficiency() == 0.75);
}
