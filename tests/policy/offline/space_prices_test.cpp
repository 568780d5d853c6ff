// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/space_prices.h"

#include <doctest/doctest.h>

#include "core/rng.h"

namespace {

using namespace cachebench;
using policy::SpaceDemand;
using policy::SpacePrices;
using policy::Stretches;

TEST_CASE("stretches cover the time line once") {
  for (const std::uint32_t steps : {0U, 1U, 7U, 8U, 9U, 1000U, 1'000'003U}) {
    CAPTURE(steps);
    const Stretches stretches(steps, 8);
    CHECK(stretches.count() <= 8);
    double sum = 0;
    for (std::size_t s = 0; s < stretches.count(); ++s) {
      CHECK(stretches.begin(s) <= static_cast<double>(steps));
      sum += stretches.length(s);
    }
    CHECK(sum == static_cast<double>(steps));
    CHECK(stretches.of(steps) < stretches.count());
  }
}

TEST_CASE("prices and demand over any interval are those added up step by step") {
  constexpr std::uint32_t kSteps = 100;
  const Stretches stretches(kSteps, 16);
  SpacePrices prices(stretches, 3);
  Rng rng(4);
  for (std::size_t t = 0; t < 3; ++t) {
    for (std::size_t s = 0; s < stretches.count(); ++s) prices.own(t, s) = rng.uniform();
  }
  prices.settle();
  SpaceDemand demand(stretches, 3);
  std::vector<std::vector<double>> plain(3, std::vector<double>(stretches.count(), 0.0));
  for (int round = 0; round < 500; ++round) {
    const auto from = static_cast<std::uint32_t>(rng.below(kSteps));
    const auto to = from + static_cast<std::uint32_t>(rng.below(kSteps - from + 1));
    const std::size_t tier = rng.below(3);
    double price = 0;
    for (std::uint32_t step = from; step < to; ++step) {
      const std::size_t s = stretches.of(step);
      for (std::size_t t = tier; t < 3; ++t) price += prices.own(t, s);
      plain[tier][s] += 7.0;
    }
    CHECK(prices.over(tier, from, to) == doctest::Approx(price));
    demand.add(tier, from, to, 7.0);
  }
  demand.settle();
  for (std::size_t t = 0; t < 3; ++t) {
    CHECK(prices.whole(t) == doctest::Approx(prices.over(t, 0, kSteps)));
    for (std::size_t s = 0; s < stretches.count(); ++s) {
      CHECK(demand.in(t, s) == doctest::Approx(plain[t][s]));
    }
  }
  demand.clear();
  demand.settle();
  CHECK(demand.in(1, 2) == 0.0);
}

TEST_CASE("a higher tier is never cheaper than a lower one") {
  const Stretches stretches(10, 4);
  SpacePrices prices(stretches, 2);
  prices.set_all(0, 0.5);
  prices.set_all(1, 2.0);
  prices.settle();
  CHECK(prices.at(0, 0) == 2.5);
  CHECK(prices.at(1, 0) == 2.0);
  CHECK(prices.whole(0) == doctest::Approx(25.0));
}

}  // namespace
