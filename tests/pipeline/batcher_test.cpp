// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batcher.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "pipeline/variable_batch_processor.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

using Numbers = std::vector<std::size_t>;

std::vector<BatchCandidate> texts(const std::vector<std::uint64_t>& lengths) {
  std::vector<BatchCandidate> candidates;
  for (const std::uint64_t length : lengths)
    candidates.push_back({.text_tokens = length, .visual_tokens = 0, .memory = Bytes{length * 10}});
  return candidates;
}

std::vector<BatchCandidate> random_candidates(Rng& rng) {
  std::vector<BatchCandidate> candidates(1 + rng.below(40));
  for (BatchCandidate& candidate : candidates) {
    candidate.text_tokens = 1 + rng.below(rng.below(2) == 0 ? 50 : 3000);
    candidate.visual_tokens = rng.below(3) == 0 ? 64 * (1 + rng.below(8)) : 0;
    candidate.memory = Bytes{candidate.tokens() * 100};
  }
  return candidates;
}

BatchLimits random_limits(Rng& rng) {
  return {.max_requests = static_cast<std::uint32_t>(1 + rng.below(9)),
          .max_complexity = rng.below(2) == 0 ? 0 : static_cast<double>(1 + rng.below(5000)),
          .max_memory = rng.below(2) == 0 ? Bytes{0} : Bytes{1 + rng.below(400000)},
          .weights = {}};
}

std::vector<BatchCandidate> members_of(const std::vector<BatchCandidate>& all, const Numbers& chosen) {
  std::vector<BatchCandidate> members;
  for (const std::size_t i : chosen) members.push_back(all[i]);
  return members;
}

// The definition, by trying every subset of up to eight candidates with 0 in it: most members, then least
// padding.
std::pair<std::size_t, std::uint64_t> best_by_trying(const std::vector<BatchCandidate>& all,
                                                     std::size_t most) {
  std::pair<std::size_t, std::uint64_t> best{0, 0};
  for (std::size_t set = 1; set < (std::size_t{1} << all.size()); set += 2) {
    Numbers chosen;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if ((set >> i & 1U) != 0) chosen.push_back(i);
    }
    if (chosen.size() > most) continue;
    const BatchFacts facts = facts_of(members_of(all, chosen), {});
    const std::uint64_t padding = facts.padded_tokens - facts.real_tokens;
    if (chosen.size() > best.first || (chosen.size() == best.first && padding < best.second))
      best = {chosen.size(), padding};
  }
  return best;
}

}  // namespace

TEST_CASE("complexity weighs text and images") {
  const BatchCandidate candidate{.text_tokens = 100, .visual_tokens = 10, .memory = {}};
  CHECK(complexity_of(candidate, {.text_weight = 1, .image_weight = 2}) == 120);
  CHECK(complexity_of(candidate, {.text_weight = 0.5, .image_weight = 0}) == 50);
}

TEST_CASE("a batch fills up to each of its limits, and its first always fits") {
  const auto all = texts({100, 50, 60, 10});
  BatchLimits limits{.max_requests = 3};
  BatchFill of_three(all, limits);
  CHECK(of_three.add(3));
  CHECK(of_three.add(0));
  CHECK(of_three.add(2));
  CHECK(of_three.full());
  CHECK_FALSE(of_three.add(1));
  CHECK(of_three.take() == Numbers{0, 2, 3});

  limits = {.max_requests = 4, .max_complexity = 120};
  BatchFill by_complexity(all, limits);
  CHECK(by_complexity.add(0));
  CHECK_FALSE(by_complexity.add(1));
  CHECK(by_complexity.add(3));
  CHECK(by_complexity.complexity() == 110);

  limits = {.max_requests = 4, .max_memory = Bytes{20}};
  BatchFill by_memory(all, limits);
  CHECK(by_memory.add(0));  // too large for any batch, so it has one of its own
  CHECK_FALSE(by_memory.add(3));
  CHECK(by_memory.size() == 1);
}

TEST_CASE("nearest lengths: as many as fit around the first, with the least padding") {
  const BatchLimits limits{.max_requests = 3};
  CHECK(nearest_lengths(texts({100, 7, 101, 90, 500, 99}), {0, 1, 2, 3, 4, 5}, limits) == Numbers{0, 2, 5});
  CHECK(nearest_lengths(texts({500, 7, 101, 90, 100}), {0, 1, 2, 3, 4}, limits) == Numbers{0, 2, 4});
  CHECK(nearest_lengths(texts({7, 100, 101, 90}), {0, 1, 2, 3}, limits) == Numbers{0, 1, 2});
  CHECK(nearest_lengths(texts({5}), {0}, limits) == Numbers{0});
  CHECK(nearest_lengths(texts({5, 6, 7}), {0, 2}, limits) == Numbers{0, 2});
  // A long neighbour that breaks the limit is left out; the shorter ones go.
  const BatchLimits tight{.max_requests = 3, .max_complexity = 130};
  CHECK(nearest_lengths(texts({100, 7, 101, 9}), {0, 1, 2, 3}, tight) == Numbers{0, 1, 3});
}

TEST_CASE("nearest lengths pads no more than the best of all subsets") {
  Rng rng(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> lengths(1 + rng.below(8));
    for (std::uint64_t& length : lengths) length = 1 + rng.below(100);
    const auto all = texts(lengths);
    Numbers pool(all.size());
    for (std::size_t i = 0; i < pool.size(); ++i) pool[i] = i;
    const auto most = static_cast<std::uint32_t>(1 + rng.below(5));
    const Numbers chosen = nearest_lengths(all, pool, {.max_requests = most});
    const BatchFacts facts = facts_of(members_of(all, chosen), {});
    const auto [size, padding] = best_by_trying(all, most);
    CHECK(chosen.size() == size);
    CHECK(facts.padded_tokens - facts.real_tokens == padding);
  }
}

TEST_CASE("every batcher keeps the limits, takes the most urgent one and nobody twice") {
  REQUIRE(BatcherRegistry::instance().items().size() >= 4);
  for (const std::string& name : BatcherRegistry::instance().names()) {
    CAPTURE(name);
    Rng rng(77);
    for (int round = 0; round < 300; ++round) {
      const auto all = random_candidates(rng);
      const BatchLimits limits = random_limits(rng);
      const auto batcher = make_batcher({.name = name, .values = {}});
      if (rng.below(2) == 0)
        batcher->observe({.requests = 1, .complexity = 900, .elapsed = Nanoseconds{1LL << 50}});
      const Numbers chosen = batcher->next(all, limits);
      REQUIRE(!chosen.empty());
      CHECK(chosen.front() == 0);
      CHECK(std::is_sorted(chosen.begin(), chosen.end()));
      CHECK(std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end());
      CHECK(chosen.back() < all.size());
      CHECK(chosen.size() <= limits.max_requests);
      if (chosen.size() == 1) continue;
      double complexity = 0;
      Bytes memory{0};
      for (const std::size_t i : chosen) {
        complexity += complexity_of(all[i], limits.weights);
        memory += all[i].memory;
      }
      if (limits.max_complexity > 0) CHECK(complexity <= limits.max_complexity);
      if (limits.max_memory > Bytes{0}) CHECK(memory <= limits.max_memory);
    }
  }
}

TEST_CASE("no batcher makes a request wait for more batches than there are requests before it") {
  for (const std::string& name : BatcherRegistry::instance().names()) {
    CAPTURE(name);
    Rng rng(3);
    for (int round = 0; round < 20; ++round) {
      const auto all = random_candidates(rng);
      VariableBatchProcessor processor(
          {.batcher = {.name = name, .values = {}}, .limits = {.max_requests = 4}});
      const auto batches = processor.process(all);
      std::vector<std::optional<std::size_t>> started(all.size());
      for (std::size_t b = 0; b < batches.size(); ++b) {
        for (const std::size_t i : batches[b]) {
          CHECK_FALSE(started[i].has_value());
          started[i] = b;
        }
      }
      for (std::size_t i = 0; i < all.size(); ++i) {
        REQUIRE(started[i].has_value());
        CHECK(*started[i] <= i);
      }
    }
  }
}

TEST_CASE("arrival keeps the order, even where a later one would fit") {
  const auto batcher = make_batcher({.name = "arrival", .values = {}});
  CHECK(batcher->next(texts({10, 10, 10}), {.max_requests = 2}) == Numbers{0, 1});
  CHECK(batcher->next(texts({10, 100, 10}), {.max_requests = 3, .max_complexity = 30}) == Numbers{0});
}

TEST_CASE("the window bounds who may overtake") {
  const auto batcher = make_batcher({.name = "size-grouped", .values = {{"window", 3}}});
  CHECK(batcher->next(texts({10, 500, 400, 10, 10}), {.max_requests = 2}) == Numbers{0, 2});
}

TEST_CASE("types are not mixed by those that group by type") {
  std::vector<BatchCandidate> all = texts({10, 20, 30, 40});
  all[1].visual_tokens = 64;
  all[3].visual_tokens = 64;
  for (const char* name : {"type-grouped", "adaptive"}) {
    const auto batcher = make_batcher({.name = name, .values = {}});
    for (const std::size_t i : batcher->next(all, {.max_requests = 8})) CHECK(all[i].visual_tokens == 0);
    const std::vector<BatchCandidate> images(all.begin() + 1, all.end());
    for (const std::size_t i : batcher->next(images, {.max_requests = 8})) CHECK(images[i].visual_tokens > 0);
  }
}

TEST_CASE("adaptive pads at most its share, halves its batches when they are slow and grows them again") {
  const auto batcher =
      make_batcher({.name = "adaptive", .values = {{"max_padding_share", 0.1}, {"target_ms", 100}}});
  CHECK(batcher->next(texts({100, 95, 50, 101}), {.max_requests = 8}) == Numbers{0, 1, 3});
  const auto same = texts(std::vector<std::uint64_t>(16, 100));
  const BatchLimits limits{.max_requests = 8};
  CHECK(batcher->next(same, limits).size() == 8);
  batcher->observe({.requests = 8, .complexity = 800, .elapsed = std::chrono::milliseconds(200)});
  CHECK(batcher->next(same, limits).size() == 4);
  for (int i = 0; i < 4; ++i)
    batcher->observe({.requests = 4, .complexity = 400, .elapsed = std::chrono::milliseconds(50)});
  CHECK(batcher->next(same, limits).size() == 6);
}

TEST_CASE("unknown batchers and parameters out of range are refused") {
  CHECK_THROWS_AS((void)make_batcher({.name = "size-groupd", .values = {}}), Error);
  CHECK_THROWS_AS((void)make_batcher({.name = "arrival", .values = {{"window", 3}}}), Error);
  CHECK_THROWS_AS((void)make_batcher({.name = "size-grouped", .values = {{"window", 0}}}), Error);
}
