// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/tiered_bound.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/rng.h"
#include "policy/bound.h"

namespace {

using namespace cachebench;
using policy::kNoStep;
using policy::Movement;
using policy::ReuseFacts;
using policy::ReuseTable;

std::vector<ReuseFacts> random_accesses(Rng& rng, std::size_t steps, std::size_t objects) {
  struct Object {
    std::uint64_t bytes;
    std::int64_t cost;
    std::uint32_t last = kNoStep;
  };
  std::vector<Object> all(objects);
  for (Object& object : all)
    object = {.bytes = 1 + rng.below(5), .cost = 100 + static_cast<std::int64_t>(rng.below(900))};
  std::vector<ReuseFacts> accesses;
  for (std::size_t i = 0; i < steps; ++i) {
    Object& object = all[rng.below(objects)];
    accesses.push_back({.recompute = Nanoseconds{object.cost},
                        .fetch = {Nanoseconds{0}, Nanoseconds{40},
                                  Nanoseconds{90 + 10 * static_cast<std::int64_t>(object.bytes)}},
                        .bytes = Bytes{object.bytes},
                        .since = object.last});
    object.last = static_cast<std::uint32_t>(i);
  }
  return accesses;
}

ReuseTable table_of(const std::vector<ReuseFacts>& accesses, std::size_t tiers) {
  ReuseTable table(tiers);
  for (const ReuseFacts& access : accesses) table.add_access(access);
  return table;
}

// The optimum: every interval in no tier or in one, where it stays.
class Exhaustive {
 public:
  Exhaustive(const std::vector<ReuseFacts>& accesses, std::vector<std::uint64_t> capacities)
      : accesses_(accesses),
        capacities_(std::move(capacities)),
        used_(capacities_.size(), std::vector<std::uint64_t>(accesses.size(), 0)) {}

  std::int64_t solve(std::size_t step = 0) {
    if (step == accesses_.size()) return 0;
    std::int64_t best = solve(step + 1);
    const ReuseFacts& access = accesses_[step];
    if (access.since == kNoStep) return best;
    for (std::size_t t = 0; t < capacities_.size(); ++t) {
      bool fits = true;
      for (std::size_t k = access.since; k < step; ++k) {
        used_[t][k] += access.bytes.value;
        fits = fits && used_[t][k] <= capacities_[t];
      }
      if (fits) best = std::max(best, (access.recompute - access.fetch[t]).count() + solve(step + 1));
      for (std::size_t k = access.since; k < step; ++k) used_[t][k] -= access.bytes.value;
    }
    return best;
  }

 private:
  const std::vector<ReuseFacts>& accesses_;
  std::vector<std::uint64_t> capacities_;
  std::vector<std::vector<std::uint64_t>> used_;
};

TEST_CASE("the optimum of small problems, found by trying everything, is never above the bound") {
  Rng rng(21);
  double sum_of_bounds = 0;
  double sum_of_optima = 0;
  for (int round = 0; round < 120; ++round) {
    CAPTURE(round);
    const std::vector<ReuseFacts> accesses = random_accesses(rng, 6 + rng.below(8), 2 + rng.below(5));
    const std::size_t tiers = 1 + rng.below(3);
    std::vector<std::uint64_t> sizes;
    std::vector<Bytes> capacities;
    for (std::size_t t = 0; t < tiers; ++t) {
      sizes.push_back(rng.below(7));
      capacities.push_back(Bytes{sizes.back()});
    }
    const ReuseTable table = table_of(accesses, tiers);
    const std::int64_t optimum = Exhaustive(accesses, sizes).solve();
    const std::int64_t bound = policy::tiered_bound(table, capacities, Movement::kDownOnly).saved_ns;
    CHECK(bound >= optimum);
    CHECK(policy::tiered_bound(table, capacities, Movement::kAnywhere).saved_ns >= optimum);
    CHECK(bound <= table.infinite_saved_ns());
    sum_of_bounds += static_cast<double>(bound);
    sum_of_optima += static_cast<double>(optimum);
  }
  CHECK(sum_of_bounds < 1.6 * sum_of_optima);  // and it says something
}

TEST_CASE("where everything fits the bound is what an infinite cache saves, and more room is worth nothing") {
  Rng rng(22);
  const ReuseTable table = table_of(random_accesses(rng, 500, 40), 3);
  const auto bound = policy::tiered_bound(table, {Bytes{1000}, Bytes{10}, Bytes{10}}, Movement::kDownOnly);
  CHECK(bound.saved_ns == table.infinite_saved_ns());
  CHECK(bound.worth_ns_per_byte[0] == 0.0);
}

TEST_CASE("more room never lowers the bound, and a byte is worth about what it adds") {
  Rng rng(23);
  const ReuseTable table = table_of(random_accesses(rng, 4000, 300), 3);
  for (std::size_t tier = 0; tier < 3; ++tier) {
    CAPTURE(tier);
    std::vector<Bytes> capacities = {Bytes{60}, Bytes{120}, Bytes{200}};
    const auto before = policy::tiered_bound(table, capacities, Movement::kDownOnly);
    capacities[tier] = capacities[tier] + Bytes{10};
    const auto after = policy::tiered_bound(table, capacities, Movement::kDownOnly);
    CHECK(static_cast<double>(after.saved_ns) > static_cast<double>(before.saved_ns) * 0.999);
    const double added = static_cast<double>(after.saved_ns - before.saved_ns);
    CHECK(before.worth_ns_per_byte[tier] * 10 > 0.5 * added);
    CHECK(before.saved_ns < table.infinite_saved_ns());
  }
}

TEST_CASE("of one tier the bound is at least as low as PFOO-L, to within the search") {
  Rng rng(24);
  policy::AccessColumns columns;
  std::vector<double> costs;
  ReuseTable table(1);
  std::vector<std::uint32_t> last(200, kNoStep);
  std::vector<std::uint32_t> dense(200, kNoStep);
  std::uint32_t objects = 0;
  for (std::uint32_t i = 0; i < 6000; ++i) {
    const std::size_t object = rng.below(1 + rng.below(200));
    if (dense[object] == kNoStep) dense[object] = objects++;
    const std::uint64_t bytes = 1 + object % 7;
    const auto cost = static_cast<std::int64_t>(100 + 37 * (object % 11));
    columns.append(dense[object], bytes);
    costs.push_back(static_cast<double>(cost));
    table.add_access({.recompute = Nanoseconds{cost}, .bytes = Bytes{bytes}, .since = last[object]});
    last[object] = i;
  }
  const auto next_uses = policy::next_uses_of(columns);
  for (const std::uint64_t capacity : {0U, 3U, 40U, 200U}) {
    CAPTURE(capacity);
    const double pfoo = policy::evaluate_bound(
                            {.name = "pfoo-l", .values = {}},
                            {.columns = columns, .capacity = Bytes{capacity}, .next_uses = next_uses}, costs)
                            .saved;
    const auto bound = policy::tiered_bound(table, {Bytes{capacity}}, Movement::kDownOnly);
    CHECK(static_cast<double>(bound.saved_ns) <= pfoo * 1.002 + 1);
  }
}

TEST_CASE("prefetch can only raise the bound") {
  Rng rng(25);
  const ReuseTable table = table_of(random_accesses(rng, 3000, 200), 3);
  const std::vector<Bytes> capacities = {Bytes{30}, Bytes{100}, Bytes{150}};
  const auto without = policy::tiered_bound(table, capacities, Movement::kDownOnly);
  const auto with = policy::tiered_bound(table, capacities, Movement::kAnywhere);
  CHECK(with.saved_ns > without.saved_ns);
  // It limits all tiers together, so a byte is worth the same wherever it is.
  CHECK(with.worth_ns_per_byte[0] == with.worth_ns_per_byte[2]);
}

TEST_CASE("a run of blocks is worth what it covers") {
  // One block of 4 bytes that covers another artefact's 1000 ns each time, in a tier of 4 bytes.
  ReuseTable table(1);
  for (std::uint32_t i = 0; i < 50; ++i) {
    std::vector<ReuseFacts> request(2);
    request[0] = {.recompute = Nanoseconds{1}, .bytes = Bytes{4}, .since = i == 0 ? kNoStep : i - 1};
    request[1] = {.recompute = Nanoseconds{1000}, .bytes = Bytes{4}, .since = request[0].since, .needs = 1};
    table.add_request(request, 1);
  }
  const auto all = policy::tiered_bound(table, {Bytes{4}}, Movement::kDownOnly);
  CHECK(all.saved_ns == 49 * 1001);
  CHECK(policy::tiered_bound(table, {Bytes{3}}, Movement::kDownOnly).saved_ns == 0);
  CHECK(policy::tiered_bound(policy::ReuseTable(2), {Bytes{1}, Bytes{1}}, Movement::kDownOnly).saved_ns == 0);
}

}  // namespace
