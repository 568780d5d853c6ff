// SPDX-License-Identifier: Apache-2.0
#include "pipeline/async/pending_requests.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

struct Position {
  std::uint64_t arrival = 0;
  std::int32_t priority = 0;
  std::optional<std::int64_t> deadline = {};
  std::int64_t submitted = 0;
};

PendingPtr pending(const Position& shape) {
  auto made = std::make_unique<PendingRequest>();
  made->request.id = shape.arrival;
  made->request.priority = shape.priority;
  if (shape.deadline) made->request.deadline = Nanoseconds{*shape.deadline};
  made->arrival = shape.arrival;
  made->submitted = Nanoseconds{shape.submitted};
  made->candidate.text_tokens = shape.arrival;
  return made;
}

std::vector<std::uint64_t> ids_of(const std::vector<PendingPtr>& requests) {
  std::vector<std::uint64_t> ids;
  for (const PendingPtr& request : requests) ids.push_back(request->request.id);
  return ids;
}

std::vector<std::uint64_t> order_at(PendingRequests& buffer, std::int64_t now) {
  std::vector<std::uint64_t> ids;
  for (const BatchCandidate& candidate : buffer.candidates(Nanoseconds{now}))
    ids.push_back(candidate.text_tokens);
  return ids;
}

using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("requests go by priority, then by arrival, and before all when they have waited too long") {
  PendingRequests buffer(10, Nanoseconds{100});
  buffer.push(pending({.arrival = 1, .priority = 0, .submitted = 5}));
  buffer.push(pending({.arrival = 2, .priority = 3, .submitted = 50}));
  buffer.push(pending({.arrival = 3, .priority = 0, .submitted = 4}));
  buffer.push(pending({.arrival = 4, .priority = 3, .submitted = 50}));
  CHECK(order_at(buffer, 60) == Ids{2, 4, 1, 3});
  CHECK(order_at(buffer, 104) == Ids{3, 2, 4, 1});
  CHECK(order_at(buffer, 105) == Ids{1, 3, 2, 4});
  CHECK(order_at(buffer, 500) == Ids{1, 2, 3, 4});
}

TEST_CASE("those taken are those chosen, and the rest keep their order") {
  PendingRequests buffer(10, Nanoseconds{100});
  for (std::uint64_t i = 1; i <= 5; ++i) buffer.push(pending({.arrival = i, .priority = i == 4 ? 1 : 0}));
  CHECK(order_at(buffer, 0) == Ids{4, 1, 2, 3, 5});
  CHECK(ids_of(buffer.take(std::vector<std::size_t>{0, 2, 4})) == Ids{4, 2, 5});
  CHECK(order_at(buffer, 0) == Ids{1, 3});
  CHECK(ids_of(buffer.take(std::vector<std::size_t>{0, 1})) == Ids{1, 3});
  CHECK(buffer.empty());
}

TEST_CASE("the one given up has the lowest priority, in it the earliest deadline, else came last") {
  PendingRequests buffer(3, Nanoseconds{100});
  buffer.push(pending({.arrival = 1, .priority = 1}));
  buffer.push(pending({.arrival = 2, .priority = 0}));
  buffer.push(pending({.arrival = 3, .priority = 0, .deadline = 90}));
  REQUIRE(buffer.full());
  CHECK(buffer.shed_for(pending({.arrival = 4, .priority = 0}))->request.id == 3);
  CHECK(buffer.shed_for(pending({.arrival = 5, .priority = 0}))->request.id == 5);
  CHECK(buffer.shed_for(pending({.arrival = 6, .priority = 0, .deadline = 10}))->request.id == 6);
  CHECK(buffer.shed_for(pending({.arrival = 7, .priority = 2}))->request.id == 4);
  CHECK(order_at(buffer, 0) == Ids{7, 1, 2});
  CHECK(buffer.size() == 3);
}

TEST_CASE("cancelled requests and late ones are taken out") {
  PendingRequests buffer(10, Nanoseconds{100});
  buffer.push(pending({.arrival = 1}));
  buffer.push(pending({.arrival = 2, .deadline = 50}));
  buffer.push(pending({.arrival = 3, .deadline = 70}));
  PendingPtr cancelled = pending({.arrival = 4});
  const CancellationToken token = cancelled->request.cancellation;
  buffer.push(std::move(cancelled));
  CHECK(*buffer.earliest_deadline() == Nanoseconds{50});
  CHECK(buffer.take_unwanted(Nanoseconds{49}).empty());
  token.cancel();
  CHECK(ids_of(buffer.take_unwanted(Nanoseconds{50})) == Ids{2, 4});
  CHECK(order_at(buffer, 0) == Ids{1, 3});
  CHECK(*buffer.earliest_deadline() == Nanoseconds{70});
}

TEST_CASE("the oldest submission is found whatever the order") {
  PendingRequests buffer(10, Nanoseconds{100});
  CHECK_FALSE(buffer.oldest_submission().has_value());
  CHECK_FALSE(buffer.earliest_deadline().has_value());
  buffer.push(pending({.arrival = 1, .priority = 9, .submitted = 30}));
  buffer.push(pending({.arrival = 2, .submitted = 20}));
  CHECK(*buffer.oldest_submission() == Nanoseconds{20});
}

TEST_CASE("random histories agree with a plain list") {
  Rng rng(9);
  PendingRequests buffer(12, Nanoseconds{40});
  std::vector<Position> plain;
  std::int64_t now = 0;
  for (std::uint64_t step = 1; step < 3000; ++step) {
    now += static_cast<std::int64_t>(rng.below(4));
    if (rng.below(3) != 0 && !buffer.full()) {
      const Position shape{
          .arrival = step, .priority = static_cast<std::int32_t>(rng.below(3)), .submitted = now};
      plain.push_back(shape);
      buffer.push(pending(shape));
    }
    std::stable_sort(plain.begin(), plain.end(), [&](const Position& a, const Position& b) {
      const bool late_a = now - a.submitted >= 40;
      const bool late_b = now - b.submitted >= 40;
      if (late_a != late_b) return late_a;
      if (!late_a && a.priority != b.priority) return a.priority > b.priority;
      return a.arrival < b.arrival;
    });
    Ids expected;
    for (const Position& shape : plain) expected.push_back(shape.arrival);
    REQUIRE(order_at(buffer, now) == expected);
    if (plain.empty() || rng.below(2) != 0) continue;
    const std::size_t which = rng.below(plain.size());
    CHECK(ids_of(buffer.take(std::vector<std::size_t>{which})) == Ids{expected[which]});
    plain.erase(plain.begin() + static_cast<std::ptrdiff_t>(which));
  }
}
