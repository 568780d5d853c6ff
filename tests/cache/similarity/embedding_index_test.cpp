// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/embedding_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <thread>

#include "core/error.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

using Vector = std::vector<float>;

// About normal, without a transcendental.
float bell(Rng& rng) {
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += rng.uniform();
  return static_cast<float>(sum - 2);
}

Vector draw(std::size_t dimension, Rng& rng) {
  Vector vector(dimension);
  for (float& x : vector) x = bell(rng);
  return vector;
}

// Embeddings of content lie in clumps, not evenly on the sphere.
Vector draw_near(const Vector& centre, float spread, Rng& rng) {
  Vector vector = centre;
  for (float& x : vector) x += spread * bell(rng);
  return vector;
}

// What share of the entries over the threshold the graph finds among its `top_k`.
double recall_of(const EmbeddingIndex& index, const std::vector<Vector>& queries, EmbeddingQuery query) {
  std::size_t expected = 0;
  std::size_t found = 0;
  for (const Vector& vector : queries) {
    query.vector = vector;
    const auto all = index.query_all(query);
    const auto some = index.query(query);
    expected += all.size();
    for (const EmbeddingMatch& match : some)
      found += std::find(all.begin(), all.end(), match) != all.end() ? 1U : 0U;
  }
  return expected == 0 ? 1.0 : static_cast<double>(found) / static_cast<double>(expected);
}

double slow_cosine(const Vector& a, const Vector& b) {
  long double dot = 0;
  long double aa = 0;
  long double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const long double x = a[i];
    const long double y = b[i];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return static_cast<double>(dot / std::sqrt(aa * bb));
}

struct Crowd {
  std::vector<Vector> centres;
  std::vector<Vector> vectors;
};

Crowd crowd_of(std::size_t count, std::size_t dimension, Rng& rng) {
  Crowd crowd;
  for (int i = 0; i < 50; ++i) crowd.centres.push_back(draw(dimension, rng));
  for (std::size_t i = 0; i < count; ++i)
    crowd.vectors.push_back(draw_near(crowd.centres[rng.below(50)], 0.5F, rng));
  return crowd;
}

}  // namespace

// hnswlib takes the locks of its nodes in the order it meets them. One thread at a time is the rule, so that
// is no deadlock; the thread sanitizer cannot know.
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
constexpr bool kWatchesLocks = true;
#else
constexpr bool kWatchesLocks = false;
#endif
#else
constexpr bool kWatchesLocks = false;
#endif

TEST_CASE("what has no direction is refused, and a query that has none is told so" *
          doctest::skip(kWatchesLocks)) {
  EmbeddingIndex index({.dimension = 3});
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(index.insert(EntryId{0}, Vector{1, nan, 0}) == VectorFault::kNotFinite);
  CHECK(index.insert(EntryId{0}, Vector{1, -inf, 0}) == VectorFault::kNotFinite);
  CHECK(index.insert(EntryId{0}, Vector{0, -0.0F, 0}) == VectorFault::kZeroNorm);
  CHECK(index.insert(EntryId{0}, Vector{1, 2}) == VectorFault::kWrongDimension);
  CHECK(index.insert(EntryId{0}, Vector{}) == VectorFault::kWrongDimension);
  CHECK(index.size() == 0);
  REQUIRE(index.insert(EntryId{0}, Vector{1, 2, 3}) == VectorFault::kNone);
  for (const Vector& bad : {Vector{0, 0, 0}, Vector{1, nan, 0}, Vector{1, 2}}) {
    CHECK_THROWS_AS((void)index.query({.vector = bad}), Error);
  }
  CHECK_THROWS_AS((void)index.query({.vector = Vector{1, 2, 3}, .threshold = 1.5}), Error);
  CHECK_THROWS_AS(EmbeddingIndex({.dimension = 0}), Error);
  CHECK_THROWS_AS(EmbeddingIndex({.dimension = 4, .links = 1}), Error);
}

TEST_CASE("vectors of any length compare by direction, from the least to the largest float" *
          doctest::skip(kWatchesLocks)) {
  EmbeddingIndex index({.dimension = 2});
  const float tiny = std::numeric_limits<float>::denorm_min();
  const float huge = std::numeric_limits<float>::max();
  REQUIRE(index.insert(EntryId{0}, Vector{tiny, 0}) == VectorFault::kNone);
  REQUIRE(index.insert(EntryId{1}, Vector{huge, huge}) == VectorFault::kNone);
  const auto found = index.query({.vector = Vector{5, 0}, .threshold = 0.5, .top_k = 5});
  REQUIRE(found.size() == 2);
  CHECK(found[0] == EmbeddingMatch{.cosine = 1, .id = EntryId{0}});
  CHECK(found[1].cosine == doctest::Approx(std::sqrt(0.5)));
}

TEST_CASE("equal vectors are all found at threshold 1, in the order of their ids, erased ones not" *
          doctest::skip(kWatchesLocks)) {
  EmbeddingIndex index({.dimension = 20, .search_breadth = 8});
  Rng rng(2);
  const Vector vector = draw(20, rng);
  for (std::uint32_t id = 40; id > 0; --id) REQUIRE(index.insert(EntryId{id}, vector) == VectorFault::kNone);
  CHECK(index.erase(EntryId{1}));
  CHECK_FALSE(index.erase(EntryId{1}));
  const auto found = index.query({.vector = vector, .threshold = 1, .top_k = 39});
  REQUIRE(found.size() == 39);
  for (std::uint32_t i = 0; i < found.size(); ++i) CHECK(found[i].id == EntryId{i + 2});
}

TEST_CASE("scores are cosines to double precision and nothing below the threshold comes back" *
          doctest::skip(kWatchesLocks)) {
  Rng rng(5);
  const Crowd crowd = crowd_of(3000, 100, rng);
  EmbeddingIndex index({.dimension = 100});
  for (std::uint32_t id = 0; id < crowd.vectors.size(); ++id)
    REQUIRE(index.insert(EntryId{id}, crowd.vectors[id]) == VectorFault::kNone);
  for (int round = 0; round < 50; ++round) {
    const Vector query = draw_near(crowd.centres[rng.below(50)], 0.3F, rng);
    const auto found = index.query({.vector = query, .threshold = 0.8, .top_k = 20});
    CHECK(std::is_sorted(found.begin(), found.end(),
                         [](const auto& x, const auto& y) { return x.cosine > y.cosine; }));
    for (const EmbeddingMatch& match : found) {
      CHECK(match.cosine >= 0.8 - 1e-9);
      CHECK(match.cosine ==
            doctest::Approx(slow_cosine(query, crowd.vectors[index_of(match.id)])).epsilon(1e-6));
    }
  }
}

TEST_CASE("the graph finds nearly all that brute force finds, also after most entries changed places" *
          doctest::skip(kWatchesLocks)) {
  Rng rng(8);
  const Crowd crowd = crowd_of(6000, 64, rng);
  EmbeddingIndex index({.dimension = 64});
  std::map<EntryId, std::size_t> live;
  std::uint32_t next_id = 0;
  const auto insert = [&](std::size_t which) {
    const EntryId id{next_id++};
    REQUIRE(index.insert(id, crowd.vectors[which]) == VectorFault::kNone);
    live[id] = which;
  };
  std::vector<Vector> queries;
  for (int i = 0; i < 100; ++i) queries.push_back(draw_near(crowd.vectors[rng.below(6000)], 0.1F, rng));
  for (std::size_t i = 0; i < 3000; ++i) insert(i);
  CHECK(recall_of(index, queries, {.vector = {}, .threshold = 0.5, .top_k = 10}) >= 0.99);

  for (int step = 0; step < 6000; ++step) {
    const auto victim = live.lower_bound(EntryId{static_cast<std::uint32_t>(rng.below(next_id))});
    if (victim != live.end()) {
      REQUIRE(index.erase(victim->first));
      live.erase(victim);
    }
    if (live.size() < 3000) insert(rng.below(6000));
  }
  CHECK(index.size() == live.size());
  const double recall = recall_of(index, queries, {.vector = {}, .threshold = 0.5, .top_k = 10});
  MESSAGE("recall after churn: " << recall);
  CHECK(recall >= 0.99);
}

TEST_CASE("an entry whose vector is replaced is found by the new one and no more by the old one" *
          doctest::skip(kWatchesLocks)) {
  Rng rng(12);
  const Crowd crowd = crowd_of(4000, 40, rng);
  EmbeddingIndex index({.dimension = 40});
  for (std::uint32_t id = 0; id < 2000; ++id)
    REQUIRE(index.insert(EntryId{id}, crowd.vectors[id]) == VectorFault::kNone);
  for (std::uint32_t id = 0; id < 2000; id += 2)
    REQUIRE(index.insert(EntryId{id}, crowd.vectors[2000 + id]) == VectorFault::kNone);
  CHECK(index.size() == 2000);
  std::size_t found_new = 0;
  for (std::uint32_t id = 0; id < 2000; ++id) {
    const Vector& now = crowd.vectors[id % 2 == 0 ? 2000 + id : id];
    const auto found = index.query({.vector = now, .threshold = 0.9999999});
    found_new += found.size() == 1 && found[0].id == EntryId{id} ? 1U : 0U;
    if (id % 2 == 0) CHECK(index.query({.vector = crowd.vectors[id], .threshold = 0.9999999}).empty());
  }
  CHECK(found_new >= 1990);
  CHECK(index.insert(EntryId{5}, Vector(40, 0)) == VectorFault::kZeroNorm);
  CHECK(index.query({.vector = crowd.vectors[5], .threshold = 0.9999999}).size() == 1);
}

TEST_CASE("an index that shrinks to few entries is made anew, keeps them and gives memory back" *
          doctest::skip(kWatchesLocks)) {
  Rng rng(9);
  EmbeddingIndex index({.dimension = 32});
  std::vector<Vector> vectors;
  for (std::uint32_t id = 0; id < 5000; ++id) {
    vectors.push_back(draw(32, rng));
    REQUIRE(index.insert(EntryId{id}, vectors.back()) == VectorFault::kNone);
  }
  const Bytes full = index.memory();
  CHECK(full.value > 5000 * (32 * sizeof(float) + 33 * sizeof(std::uint32_t)));
  for (std::uint32_t id = 0; id < 4900; ++id) REQUIRE(index.erase(EntryId{id}));
  CHECK(index.memory().value + (2U << 20) < full.value);
  CHECK(index.size() == 100);
  for (std::uint32_t id = 4900; id < 5000; ++id) {
    const auto found = index.query({.vector = vectors[id], .threshold = 0.99});
    REQUIRE(found.size() == 1);
    CHECK(found[0].id == EntryId{id});
  }
  for (std::uint32_t id = 4900; id < 5000; ++id) REQUIRE(index.erase(EntryId{id}));
  CHECK(index.query({.vector = vectors[0], .threshold = 0}).empty());
  REQUIRE(index.insert(EntryId{7}, vectors[7]) == VectorFault::kNone);
  CHECK(index.query({.vector = vectors[7], .threshold = 0.99}).size() == 1);
}

TEST_CASE("queries side by side answer as one alone" * doctest::skip(kWatchesLocks)) {
  Rng rng(11);
  const Crowd crowd = crowd_of(2000, 48, rng);
  EmbeddingIndex index({.dimension = 48});
  for (std::uint32_t id = 0; id < crowd.vectors.size(); ++id)
    REQUIRE(index.insert(EntryId{id}, crowd.vectors[id]) == VectorFault::kNone);
  std::vector<std::vector<EmbeddingMatch>> alone;
  for (std::size_t i = 0; i < 200; ++i)
    alone.push_back(index.query({.vector = crowd.vectors[i], .threshold = 0.5, .top_k = 5}));
  std::vector<int> wrong(3, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < 200; ++i) {
        if (index.query({.vector = crowd.vectors[i], .threshold = 0.5, .top_k = 5}) != alone[i]) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(3, 0));
}
