// SPDX-License-Identifier: Apache-2.0
#include "cache/prefetcher.h"

#include <doctest/doctest.h>

#include <map>

#include "cache/cache_fixtures.h"
#include "core/error.h"

namespace cachebench::cache {
namespace {

constexpr EntryId kA{1};
constexpr EntryId kB{2};
constexpr EntryId kC{3};

Prefetcher none(PrefetchRules rules = {}) {
  return {{.name = "none", .values = {}}, rules};
}

hardware::Stages from_host(std::uint64_t bytes) {
  return testing::round_costs().fetch(hardware::Medium::kHost, Bytes{bytes});
}

void check_sum(const Prefetcher& books) {
  const PrefetchCounters counted = books.counters();
  PrefetchAmount ended;
  for (const PrefetchAmount& amount : counted.ended) {
    ended.count += amount.count;
    ended.bytes += amount.bytes;
  }
  CHECK(ended == counted.issued);
}

TEST_CASE("fetches queue on their link and arrive in order") {
  Prefetcher books = none();
  books.begin(kA, Bytes{50}, from_host(50), Nanoseconds{1'000});  // 150 ns
  books.begin(kB, Bytes{10}, from_host(10), Nanoseconds{1'020});  // 110 ns, once the link is free
  CHECK(books.remaining(kA, Nanoseconds{1'100}) == Nanoseconds{50});
  CHECK(books.remaining(kB, Nanoseconds{1'100}) == Nanoseconds{160});
  CHECK(books.next_arrived(Nanoseconds{1'149}) == kNoEntry);
  CHECK(books.next_arrived(Nanoseconds{1'300}) == kA);
  CHECK_FALSE(books.is_under_way(kA));
  CHECK(books.is_unused(kA));
  CHECK(books.next_arrived(Nanoseconds{1'300}) == kB);
  CHECK(books.next_arrived(Nanoseconds{9'999}) == kNoEntry);
}

TEST_CASE("every fetch ends once, and the endings add up at any moment") {
  Prefetcher books = none();
  for (const EntryId id : {kA, kB, kC}) books.begin(id, Bytes{7}, from_host(7), Nanoseconds{0});
  books.refuse(Bytes{9});
  check_sum(books);
  CHECK(books.counters().of(PrefetchEnd::kCancelled).count == 3);  // all under way
  CHECK(books.next_arrived(Nanoseconds{110}) == kA);
  CHECK(books.counters().of(PrefetchEnd::kEvictedUnused).count == 1);
  CHECK(books.counters().unused_at_end.bytes == Bytes{7});
  CHECK(books.end(kA, PrefetchEnd::kUsed));
  CHECK_FALSE(books.end(kA, PrefetchEnd::kLate));
  CHECK(books.end(kB, PrefetchEnd::kLate));
  CHECK(books.is_under_way(kB));  // it comes all the same
  books.forget(kB);
  CHECK_FALSE(books.is_under_way(kB));
  books.forget(kC);
  books.forget(kC);
  const PrefetchCounters counted = books.counters();
  CHECK(counted.of(PrefetchEnd::kUsed).count == 1);
  CHECK(counted.of(PrefetchEnd::kLate).count == 1);
  CHECK(counted.of(PrefetchEnd::kCancelled).count == 1);
  CHECK(counted.of(PrefetchEnd::kNoSpace).bytes == Bytes{9});
  CHECK(counted.issued.count == 4);
  CHECK(books.next_arrived(Nanoseconds{9'999}) == kNoEntry);  // forgotten ones do not arrive
  books.begin(kC, Bytes{7}, from_host(7), Nanoseconds{10'000});
  CHECK(books.next_arrived(Nanoseconds{10'107}) == kC);
  books.recount_corrupt(Bytes{7});
  CHECK(books.counters().of(PrefetchEnd::kCorrupt).count == 1);
  check_sum(books);
}

TEST_CASE("what is open when counting starts anew ends uncounted") {
  Prefetcher books = none();
  books.begin(kA, Bytes{7}, from_host(7), Nanoseconds{0});
  books.reset();
  CHECK_FALSE(books.end(kA, PrefetchEnd::kUsed));
  CHECK(books.counters().issued.count == 0);
  CHECK(books.counters().of(PrefetchEnd::kUsed).count == 0);
  check_sum(books);
}

TEST_CASE("the budget bounds the bytes under way") {
  Prefetcher books = none({.budget = Bytes{20}});
  CHECK(books.within_budget(Bytes{20}));
  books.begin(kA, Bytes{15}, from_host(15), Nanoseconds{0});
  CHECK_FALSE(books.within_budget(Bytes{6}));
  CHECK(books.counters().over_budget == 1);
  CHECK(books.next_arrived(Nanoseconds{500}) == kA);
  CHECK(books.within_budget(Bytes{20}));
}

TEST_CASE("patience by the rule of waiting") {
  PrefetchRules rules{.timeout_base = Nanoseconds{100},
                      .timeout_ns_per_byte = 2,
                      .wait_cap = Nanoseconds{1'000},
                      .slack = Nanoseconds{300}};
  const auto patience = [&](PrefetchWait wait, std::uint64_t bytes, std::int64_t recompute) {
    rules.wait = wait;
    return none(rules).patience(Bytes{bytes}, Nanoseconds{recompute});
  };
  CHECK(patience(PrefetchWait::kBestEffort, 5, 5'000) == Nanoseconds{0});
  CHECK(patience(PrefetchWait::kWaitComplete, 5, 5) == Nanoseconds::max());
  CHECK(patience(PrefetchWait::kTimeout, 5, 5) == Nanoseconds{110});
  CHECK(patience(PrefetchWait::kTimeout, UINT64_MAX, 5) == Nanoseconds{1'000});
  CHECK(patience(PrefetchWait::kDeadline, 5, 5'000) == Nanoseconds{300});
  CHECK(patience(PrefetchWait::kDeadline, 5, 200) == Nanoseconds{200});
  rules.slack = Nanoseconds{5'000};
  CHECK(patience(PrefetchWait::kDeadline, 5, 9'000) == Nanoseconds{1'000});
  for (const PrefetchWait wait : {PrefetchWait::kBestEffort, PrefetchWait::kWaitComplete,
                                  PrefetchWait::kTimeout, PrefetchWait::kDeadline}) {
    CHECK(std::string(name_of(wait)).find("unknown") == std::string::npos);
  }
  CHECK_THROWS_AS(Prefetcher({.name = "nune", .values = {}}, {}), Error);
}

}  // namespace
}  // namespace cachebench::cache
