// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/request_choice.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/rng.h"

namespace {

using namespace cachebench;
using policy::Choice;
using policy::Covers;

struct Request {
  std::vector<Choice> items;
  std::size_t chain;
};

// The rule of a look-up, with the artefacts of `held` in the cache.
double value_of(const Request& request, const std::vector<bool>& held) {
  double sum = 0;
  std::uint32_t run = 0;
  while (run < request.chain && held[run]) sum += request.items[run++].net;
  bool rest = false;
  bool next = false;
  for (std::size_t i = request.chain; i < request.items.size(); ++i) {
    const Choice& item = request.items[i];
    const bool covered = rest || next || item.needs <= run;
    next = false;
    if (covered) {
      sum += item.value;
    } else if (held[i]) {
      sum += item.net;
      rest = item.covers == Covers::kRest;
      next = item.covers == Covers::kNext;
    }
  }
  return sum;
}

Request random_request(Rng& rng) {
  Request request{.items = std::vector<Choice>(rng.below(9)), .chain = 0};
  request.chain = rng.below(request.items.size() + 1);
  for (Choice& item : request.items) {
    item.value = static_cast<double>(rng.below(20));
    item.net = item.value - static_cast<double>(rng.below(15));
    if (rng.below(5) == 0) item.net = policy::kNotHeld;
    if (rng.below(2) == 0) item.needs = 1 + static_cast<std::uint32_t>(rng.below(request.chain + 2));
    item.covers = static_cast<Covers>(rng.below(3));
  }
  return request;
}

TEST_CASE("the best choice is the best of all subsets, and its marks add up to it") {
  Rng rng(3);
  policy::RequestChoice choice;
  for (int round = 0; round < 3000; ++round) {
    CAPTURE(round);
    const Request request = random_request(rng);
    const std::size_t count = request.items.size();
    double best = 0;
    for (std::uint32_t subset = 0; subset < 1U << count; ++subset) {
      std::vector<bool> held(count);
      bool possible = true;
      for (std::size_t i = 0; i < count; ++i) {
        held[i] = (subset >> i & 1U) != 0;
        possible = possible && !(held[i] && request.items[i].net == policy::kNotHeld);
      }
      if (possible) best = std::max(best, value_of(request, held));
    }
    std::ranges::copy(request.items, choice.start(count, request.chain).begin());
    CHECK(choice.solve() == doctest::Approx(best));
    std::vector<bool> marked(count);
    for (std::size_t i = 0; i < count; ++i) marked[i] = choice.is_hit(i);
    CHECK(value_of(request, marked) == doctest::Approx(best));
  }
}

TEST_CASE("a run is worth its price for what it covers, and a gap ends it") {
  policy::RequestChoice choice;
  const auto fill = [&](double second_block) {
    const auto items = choice.start(3, 2);
    items[0] = {.net = -4, .value = 1};
    items[1] = {.net = second_block, .value = 1};
    items[2] = {.net = policy::kNotHeld, .value = 10, .needs = 2};
    return choice.solve();
  };
  CHECK(fill(-3) == 3.0);
  CHECK(choice.is_hit(1));
  CHECK(fill(policy::kNotHeld) == 0.0);
  CHECK(!choice.is_hit(0));
}

}  // namespace
