// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/hamming_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <tuple>

#include "core/hamming.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

struct Entry {
  std::uint64_t code = 0;
  EntryId id = kNoEntry;
  HammingIndex::Slot slot{};
};

// All entries, looked at one by one.
std::vector<SimilarMatch> slow_query(const std::vector<Entry>& entries, const SimilarQuery& query) {
  std::vector<std::tuple<int, EntryId>> near;
  for (const Entry& entry : entries) {
    const int distance = hamming_distance(entry.code, query.code);
    if (distance <= query.max_distance) near.emplace_back(distance, entry.id);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > query.top_k) near.resize(query.top_k);
  std::vector<SimilarMatch> found;
  for (const auto& [distance, id] : near) found.push_back({.distance = distance, .id = id});
  return found;
}

std::uint64_t flip(std::uint64_t code, std::uint64_t bits, Rng& rng) {
  for (; bits > 0; --bits) code ^= std::uint64_t{1} << rng.below(64);
  return code;
}

/// How codes are spread: what similar content, distinct content and pictures of nothing look like.
enum class Spread : std::uint8_t { kUniform, kClusters, kFewParts, kAllEqual };

std::uint64_t draw(Spread spread, const std::vector<std::uint64_t>& centres, Rng& rng) {
  switch (spread) {
    case Spread::kUniform:
      return rng.next();
    case Spread::kClusters:
      return flip(centres[rng.below(centres.size())], rng.below(14), rng);
    case Spread::kFewParts:
      return (rng.next() & 0x0003'0003'0003'FFFF) | std::uint64_t{0x8000} << 48;
    case Spread::kAllEqual:
      return 0x0123456789ABCDEF;
  }
  return 0;
}

void check_against_slow(Spread spread, std::size_t steps, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::uint64_t> centres;
  for (int i = 0; i < 200; ++i) centres.push_back(rng.next());
  HammingIndex index;
  std::vector<Entry> live;
  std::uint32_t next_id = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    // Grows first, shrinks to nearly nothing, grows again.
    const bool shrinking = step > steps / 2 && step < steps * 4 / 5;
    if (!live.empty() && rng.below(100) < (shrinking ? 80U : 20U)) {
      const std::size_t at = rng.below(live.size());
      index.remove(live[at].slot);
      live[at] = live.back();
      live.pop_back();
    } else {
      const std::uint64_t code = draw(spread, centres, rng);
      const EntryId id{next_id++};
      live.push_back({.code = code, .id = id, .slot = index.insert(code, id)});
    }
    CHECK(index.size() == live.size());
    if (step % 97 != 0) continue;
    const SimilarQuery query{
        .code = live.empty() || rng.below(4) == 0
                    ? draw(spread, centres, rng)
                    : flip(live[rng.below(live.size())].code, rng.below(10), rng),
        .max_distance = static_cast<int>(rng.below(10) < 9 ? rng.below(13) : rng.below(65)),
        .top_k = rng.below(3) == 0 ? SIZE_MAX : rng.below(6)};
    REQUIRE(index.query(query) == slow_query(live, query));
  }
}

}  // namespace

TEST_CASE("an empty index finds nothing; a full distance finds everything") {
  HammingIndex index;
  CHECK(index.query({.code = 5, .max_distance = 64, .top_k = 10}).empty());
  index.insert(5, EntryId{1});
  index.insert(~std::uint64_t{5}, EntryId{0});
  const auto all = index.query({.code = 5, .max_distance = 64, .top_k = 10});
  REQUIRE(all.size() == 2);
  CHECK(all[0] == SimilarMatch{.distance = 0, .id = EntryId{1}});
  CHECK(all[1] == SimilarMatch{.distance = 64, .id = EntryId{0}});
  CHECK(index.query({.code = 5, .max_distance = 64, .top_k = 0}).empty());
  CHECK(index.query({.code = 5, .max_distance = 63, .top_k = 10}).size() == 1);
}

TEST_CASE("the nearest come first, equals by their ids, and top_k keeps the first of them") {
  HammingIndex index;
  for (std::uint32_t id = 20; id > 0; --id) index.insert(id % 2 == 0 ? 0b0 : 0b11, EntryId{id});
  const auto found = index.query({.code = 0, .max_distance = 8, .top_k = 12});
  REQUIRE(found.size() == 12);
  CHECK(found[0] == SimilarMatch{.distance = 0, .id = EntryId{2}});
  CHECK(found[9] == SimilarMatch{.distance = 0, .id = EntryId{20}});
  CHECK(found[10] == SimilarMatch{.distance = 2, .id = EntryId{1}});
  CHECK(found[11] == SimilarMatch{.distance = 2, .id = EntryId{3}});
}

TEST_CASE("the index equals brute force under insertions and removals, however codes are spread") {
  check_against_slow(Spread::kUniform, 24'000, 1);
  check_against_slow(Spread::kClusters, 24'000, 2);
  check_against_slow(Spread::kFewParts, 24'000, 3);
  check_against_slow(Spread::kAllEqual, 16'000, 4);
}

TEST_CASE("a neighbour at every distance and split over the parts is found among many") {
  Rng rng(9);
  HammingIndex index;
  for (std::uint32_t id = 0; id < 60'000; ++id) index.insert(rng.next(), EntryId{id});
  std::uint32_t next_id = 100'000;
  for (int round = 0; round < 400; ++round) {
    const std::uint64_t query = rng.next();
    // `distance` bits, spread over the four parts in every way.
    const std::uint64_t distance = rng.below(12);
    std::uint64_t mask = 0;
    while (std::popcount(mask) < static_cast<int>(distance)) {
      mask |= std::uint64_t{1} << (16 * rng.below(1 + rng.below(4)) + rng.below(16));
    }
    const EntryId planted{next_id++};
    const HammingIndex::Slot slot = index.insert(query ^ mask, planted);
    const auto found =
        index.query({.code = query, .max_distance = static_cast<int>(distance), .top_k = 1000});
    const SimilarMatch expected{.distance = static_cast<int>(distance), .id = planted};
    CHECK(std::find(found.begin(), found.end(), expected) != found.end());
    index.remove(slot);
    const auto after =
        index.query({.code = query, .max_distance = static_cast<int>(distance), .top_k = 1000});
    CHECK(std::find(after.begin(), after.end(), expected) == after.end());
  }
}

TEST_CASE("memory stays below a hundred bytes an entry and grows with the entries") {
  HammingIndex index;
  CHECK(index.memory().value < 1024);
  Rng rng(2);
  for (std::uint32_t id = 0; id < 300'000; ++id) index.insert(rng.next(), EntryId{id});
  CHECK(index.memory().value < 300'000 * 100);
  CHECK(index.memory().value > 300'000 * 40);
}
