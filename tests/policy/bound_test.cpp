// SPDX-License-Identifier: Apache-2.0
#include "policy/bound.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/rng.h"
#include "policy/eviction.h"
#include "policy/one_tier/replay.h"

namespace {

using namespace cachebench;
using policy::AccessColumns;
using policy::evaluate_bound;
using policy::OneTierBound;

std::uint32_t draw(Rng& rng, std::uint32_t below) {
  return static_cast<std::uint32_t>(rng.below(below));
}

struct Workload {
  AccessColumns columns;
  std::vector<std::uint64_t> sizes;  // by access
  std::vector<std::uint32_t> next_uses;
  std::vector<double> costs;
};

// `varied`: objects differ in size, and some change it.
Workload random_workload(Rng& rng, std::size_t accesses, std::uint32_t objects, bool varied) {
  Workload workload;
  std::vector<std::uint64_t> size_of;
  std::vector<std::uint32_t> dense(objects, policy::kNoNextUse);
  for (std::size_t i = 0; i < accesses; ++i) {
    std::uint32_t& id = dense[rng.below(objects)];
    if (id == policy::kNoNextUse) {
      id = static_cast<std::uint32_t>(size_of.size());
      size_of.push_back(varied ? 1 + rng.below(6) : 1);
    }
    if (varied && rng.below(8) == 0) size_of[id] = 1 + rng.below(6);
    workload.columns.append(id, size_of[id]);
    workload.sizes.push_back(size_of[id]);
    workload.costs.push_back(static_cast<double>(1 + rng.below(20)));
  }
  workload.next_uses = policy::next_uses_of(workload.columns);
  return workload;
}

// The optimum with bypass, by trying every set of intervals.
class Exhaustive {
 public:
  Exhaustive(const Workload& workload, std::uint64_t capacity, bool weighted)
      : workload_(workload), capacity_(capacity), weighted_(weighted), used_(workload.sizes.size(), 0) {}

  double solve(std::size_t from = 0) {
    if (from == used_.size()) return 0;
    const double without = solve(from + 1);
    const std::uint32_t to = workload_.next_uses[from];
    if (to == policy::kNoNextUse) return without;
    const auto change = [&](std::uint64_t bytes) {
      for (std::size_t k = from; k < to; ++k) used_[k] += bytes;
    };
    change(workload_.sizes[from]);
    const bool fits = std::all_of(used_.begin(), used_.end(), [&](auto used) { return used <= capacity_; });
    const double with = fits ? (weighted_ ? workload_.costs[to] : 1.0) + solve(from + 1) : 0;
    change(0 - workload_.sizes[from]);
    return std::max(with, without);
  }

 private:
  const Workload& workload_;
  std::uint64_t capacity_;
  bool weighted_;
  std::vector<std::uint64_t> used_;
};

OneTierBound bound(const char* name, const Workload& workload, std::uint64_t capacity, bool weighted) {
  return evaluate_bound(
      {.name = name, .values = {}},
      {.columns = workload.columns, .capacity = Bytes{capacity}, .next_uses = workload.next_uses},
      weighted ? policy::AccessCosts(workload.costs) : policy::AccessCosts());
}

TEST_CASE("the optimum, found by trying everything, lies between the two bounds") {
  Rng rng(11);
  double gap = 0;
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    const bool varied = round % 2 == 0;
    const bool weighted = round % 4 < 2;
    const Workload workload = random_workload(rng, 4 + rng.below(11), 2 + draw(rng, 5), varied);
    const std::uint64_t capacity = rng.below(varied ? 16 : 5);
    const double optimum = Exhaustive(workload, capacity, weighted).solve();
    const OneTierBound above = bound("pfoo-l", workload, capacity, weighted);
    const OneTierBound below = bound("pfoo-u", workload, capacity, weighted);
    CHECK(above.saved >= optimum);
    CHECK(below.saved <= optimum);
    gap += above.saved - below.saved;
    if (weighted) continue;
    const auto misses = static_cast<double>(workload.sizes.size()) - optimum;
    CHECK(static_cast<double>(above.counts.misses) <= misses);
    CHECK(static_cast<double>(below.counts.misses) >= misses);
  }
  CHECK(gap > 0);  // else both were the optimum each time, and the test is too easy
}

TEST_CASE("no policy misses less than pfoo-l") {
  Rng rng(5);
  for (int round = 0; round < 6; ++round) {
    const Workload workload = random_workload(rng, 2000, 120, round % 2 == 0);
    for (const std::uint64_t capacity : {0U, 1U, 2U, 10U, 60U, 1000U}) {
      const std::uint64_t least = bound("pfoo-l", workload, capacity, false).counts.misses;
      for (const policy::EvictionDescriptor& item : policy::EvictionRegistry::instance().items()) {
        CAPTURE(item.name);
        CAPTURE(capacity);
        const auto counts = policy::replay_one_tier(
            {.columns = workload.columns, .capacity = Bytes{capacity}, .next_uses = workload.next_uses},
            {.name = item.name, .values = {}}, 1);
        if (counts.peak_bytes > capacity) continue;  // a bound of its own that ignores it
        CHECK(counts.misses >= least);
      }
    }
  }
}

TEST_CASE("where everything fits both are exact, where nothing fits both miss all") {
  Rng rng(7);
  const Workload workload = random_workload(rng, 500, 40, true);
  const std::size_t distinct = workload.columns.objects();
  for (const char* name : {"pfoo-l", "pfoo-u"}) {
    const OneTierBound all = bound(name, workload, 1000, false);
    CHECK(all.counts.misses == distinct);
    CHECK(all.saved == doctest::Approx(static_cast<double>(500 - distinct)));
    const OneTierBound none = bound(name, workload, 0, false);
    CHECK(none.counts.misses == 500);
    CHECK(none.counts.bytes_missed == none.counts.bytes_requested);
    CHECK(none.saved == 0.0);
  }
}

TEST_CASE("sizes and capacity times a constant give the same bounds") {
  Rng rng(9);
  AccessColumns small;
  AccessColumns large;
  std::vector<std::uint64_t> sizes(30);
  std::iota(sizes.begin(), sizes.end(), 1);
  for (std::uint32_t i = 0; i < 600; ++i) {
    const std::uint32_t id = i < 30 ? i : draw(rng, 30);
    small.append(id, sizes[id]);
    large.append(id, sizes[id] * 4096);
  }
  const auto next_uses = policy::next_uses_of(small);
  for (const char* name : {"pfoo-l", "pfoo-u"}) {
    const policy::OneTierBound a = evaluate_bound(
        {.name = name, .values = {}}, {.columns = small, .capacity = Bytes{90}, .next_uses = next_uses});
    const policy::OneTierBound b =
        evaluate_bound({.name = name, .values = {}},
                       {.columns = large, .capacity = Bytes{90 * 4096}, .next_uses = next_uses});
    CHECK(a.counts.misses == b.counts.misses);
  }
}

TEST_CASE("an empty trace has empty bounds; unknown names and parameters are refused") {
  const Workload nothing;
  for (const char* name : {"pfoo-l", "pfoo-u"}) {
    CHECK(policy::is_bound(name));
    CHECK(bound(name, nothing, 10, false) == OneTierBound{});
    CHECK_THROWS_AS(policy::check_bound({.name = name, .values = {{"depth", 1.0}}}), Error);
  }
  CHECK(!policy::is_bound("lru"));
  CHECK_THROWS_AS(policy::check_bound({.name = "pfoo", .values = {}}), Error);
}

}  // namespace
