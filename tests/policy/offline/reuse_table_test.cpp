// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/reuse_table.h"

#include <doctest/doctest.h>

#include "core/rng.h"

namespace {

using namespace cachebench;
using policy::Covers;
using policy::ReuseFacts;
using policy::ReuseTable;

ReuseFacts facts(std::int64_t recompute, std::int64_t fetch, std::uint64_t bytes, std::uint32_t since) {
  return {.recompute = Nanoseconds{recompute},
          .fetch = {Nanoseconds{0}, Nanoseconds{fetch}},
          .bytes = Bytes{bytes},
          .since = since};
}

TEST_CASE("savings are rounded up and sizes down, never the other way") {
  Rng rng(2);
  for (int round = 0; round < 2000; ++round) {
    const auto recompute = static_cast<std::int64_t>(rng.below(1ULL << (10 + rng.below(48))));
    const auto fetch = static_cast<std::int64_t>(rng.below(1ULL << 40));
    const std::uint64_t bytes = rng.below(1ULL << (1 + rng.below(50)));
    ReuseTable table(2);
    table.add_access(facts(recompute, fetch, bytes, 0));
    const policy::ReuseReference& reference = table.references()[0];
    CHECK(static_cast<double>(reference.value) >= static_cast<double>(recompute));
    CHECK(static_cast<double>(reference.value) <= static_cast<double>(recompute) * (1 + 1e-6));
    CHECK(static_cast<double>(reference.saved[1]) >= static_cast<double>(recompute - fetch));
    CHECK(static_cast<double>(reference.bytes) <= static_cast<double>(bytes));
    CHECK(static_cast<double>(reference.bytes) >= static_cast<double>(bytes) * (1 - 1e-6));
  }
}

TEST_CASE("requests come back as they were added, with their steps") {
  ReuseTable table(2);
  table.skip_step();
  table.skip_step();
  std::vector<ReuseFacts> request = {facts(10, 3, 5, 0), facts(20, 3, 5, policy::kNoStep)};
  request[1].needs = 1;
  request[1].covers = Covers::kNext;
  table.add_request(request, 1);
  table.add_request({}, 0);
  request.pop_back();
  table.add_request(request, 0);
  REQUIRE(table.requests() == 3);
  CHECK(table.step() == 5);
  const auto first = table.request(0);
  CHECK(first.step == 2);
  CHECK(first.chain == 1);
  REQUIRE(first.references.size() == 2);
  CHECK(policy::covers_of(first.references[1]) == Covers::kNext);
  CHECK(policy::needs_of(first.references[1]) == 1);
  CHECK(policy::covers_of(first.references[0]) == Covers::kNothing);
  CHECK(policy::needs_of(first.references[0]) == policy::kNeverCovered);
  CHECK(table.request(1).references.empty());
  CHECK(table.request(2).step == 4);
  CHECK(table.first_references() == 1);
  // The first request's block saves its 10 and makes the other one, of 20, unnecessary; the last one's
  // saves 10.
  CHECK(table.infinite_saved_ns() == 40);
}

TEST_CASE("an infinite cache serves every access but the first, from where it is cheapest") {
  ReuseTable table(2);
  table.add_access(facts(100, 30, 1, policy::kNoStep));
  table.add_access(facts(100, 30, 1, 0));
  ReuseFacts cheap = facts(5, 30, 1, 1);
  cheap.fetch[0] = Nanoseconds{9};  // fetching costs more than computing anywhere
  table.add_access(cheap);
  CHECK(table.infinite_saved_ns() == 100);
  CHECK(table.first_references() == 1);
  CHECK(table.requests() == 0);
}

}  // namespace
