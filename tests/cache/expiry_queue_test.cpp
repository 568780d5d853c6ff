// SPDX-License-Identifier: Apache-2.0
#include "cache/expiry_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "core/rng.h"

using namespace cachebench;
using cache::ExpiryQueue;

namespace {

// The obvious way: everything that is set, looked through for the smallest (deadline, order of setting).
class SlowQueue {
 public:
  void set(EntryId id, std::int64_t deadline) {
    deadlines_.erase(index_of(id));
    if (deadline != ExpiryQueue::kNever.count()) deadlines_[index_of(id)] = {deadline, order_++};
  }
  EntryId pop_due(std::int64_t now) {
    auto best = deadlines_.end();
    for (auto at = deadlines_.begin(); at != deadlines_.end(); ++at) {
      if (at->second.first <= now && (best == deadlines_.end() || at->second < best->second)) best = at;
    }
    if (best == deadlines_.end()) return kNoEntry;
    const auto id = static_cast<EntryId>(best->first);
    deadlines_.erase(best);
    return id;
  }
  [[nodiscard]] std::size_t size() const { return deadlines_.size(); }

 private:
  std::map<std::uint32_t, std::pair<std::int64_t, std::uint64_t>> deadlines_;
  std::uint64_t order_ = 0;
};

// Steps and lifetimes of every magnitude: most small, a few larger than all before together.
std::int64_t some_duration(Rng& rng) {
  const std::uint64_t bits = 1 + rng.below(rng.below(8) == 0 ? 50 : 14);
  return static_cast<std::int64_t>(1 + rng.below(std::uint64_t{1} << bits));
}

}  // namespace

TEST_CASE("an expiry queue gives out what is due, in order, as looking through all of it does") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Rng rng(seed);
    ExpiryQueue queue;
    SlowQueue slow;
    std::int64_t now = 0;
    for (int step = 0; step < 4000; ++step) {
      const auto id = static_cast<EntryId>(rng.below(60));
      switch (rng.below(4)) {
        case 0:
        case 1: {
          const std::int64_t deadline = now + some_duration(rng);
          queue.set(id, Nanoseconds{deadline});
          slow.set(id, deadline);
          REQUIRE(queue.deadline_of(id).count() == deadline);
          break;
        }
        case 2:
          if (rng.below(8) != 0) break;
          queue.set(id, ExpiryQueue::kNever);
          slow.set(id, ExpiryQueue::kNever.count());
          break;
        default:
          now += some_duration(rng);
          for (EntryId expected = slow.pop_due(now);; expected = slow.pop_due(now)) {
            REQUIRE(queue.pop_due(Nanoseconds{now}) == expected);
            if (expected == kNoEntry) break;
          }
      }
      REQUIRE(queue.size() == slow.size());
    }
  }
}

TEST_CASE("an expiry queue takes no time to cross an empty stretch") {
  ExpiryQueue queue;
  queue.set(EntryId{3}, Nanoseconds{std::numeric_limits<std::int64_t>::max() - 1});
  queue.set(EntryId{4}, Nanoseconds{1});
  CHECK(queue.pop_due(Nanoseconds{0}) == kNoEntry);
  CHECK(queue.pop_due(Nanoseconds{std::numeric_limits<std::int64_t>::max() - 2}) == EntryId{4});
  CHECK(queue.pop_due(Nanoseconds{std::numeric_limits<std::int64_t>::max() - 2}) == kNoEntry);
  CHECK_FALSE(queue.may_be_due(Nanoseconds{std::numeric_limits<std::int64_t>::max() / 64}));
  CHECK(queue.pop_due(Nanoseconds{std::numeric_limits<std::int64_t>::max() - 1}) == EntryId{3});
  CHECK(queue.size() == 0);
  CHECK(queue.pop_due(Nanoseconds{std::numeric_limits<std::int64_t>::max() - 1}) == kNoEntry);
  CHECK_FALSE(queue.may_be_due(Nanoseconds{std::numeric_limits<std::int64_t>::max() - 1}));
}

TEST_CASE("the entries of one nanosecond expire in the order in which they were set") {
  ExpiryQueue queue;
  for (std::uint32_t i = 0; i < 100; ++i) queue.set(EntryId{99 - i}, Nanoseconds{1'000'000'007});
  queue.set(EntryId{50}, Nanoseconds{1'000'000'007});  // set again: last now
  std::vector<std::uint32_t> order;
  for (EntryId id = queue.pop_due(Nanoseconds{2'000'000'000}); id != kNoEntry;
       id = queue.pop_due(Nanoseconds{2'000'000'000})) {
    order.push_back(index_of(id));
  }
  REQUIRE(order.size() == 100);
  CHECK(order.front() == 99);
  CHECK(order.back() == 50);
  order.pop_back();
  CHECK(std::is_sorted(order.rbegin(), order.rend()));
}
