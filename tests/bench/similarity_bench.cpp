// SPDX-License-Identifier: Apache-2.0
//
// What similarity costs: a query of the index over a million codes, spread evenly, in clusters and all equal,
// with its recall against brute force; the scans it is compared with; changes; the same through the face that
// caches use; embeddings through a graph; and the hashes themselves. All figures are measured.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <string>
#include <vector>

#include "cache/similarity/embedding_index.h"
#include "cache/similarity/hamming_index.h"
#include "cache/similarity/hamming_scan.h"
#include "cache/similarity/similarity_index.h"
#include "core/hamming.h"
#include "core/rng.h"
#include "core/simhash.h"
#include "image/phash.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

enum class Spread : std::int64_t { kUniform, kPerceptual, kClusters, kAllEqual };

std::uint64_t flip(std::uint64_t code, std::uint64_t bits, Rng& rng) {
  for (; bits > 0; --bits) code ^= std::uint64_t{1} << rng.below(64);
  return code;
}

// As perceptual hashes are: half of the bits set, the first nearly always.
std::uint64_t balanced_code(Rng& rng) {
  std::uint64_t code = std::uint64_t{1} << 63;
  while (std::popcount(code) < 32) code |= std::uint64_t{1} << rng.below(64);
  return code;
}

std::vector<std::uint64_t> codes_of(std::size_t count, Spread spread) {
  Rng rng(7);
  std::vector<std::uint64_t> centres(1000);
  for (std::uint64_t& centre : centres) centre = rng.next();
  std::vector<std::uint64_t> codes;
  codes.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    switch (spread) {
      case Spread::kUniform:
        codes.push_back(rng.next());
        break;
      case Spread::kPerceptual:
        codes.push_back(balanced_code(rng));
        break;
      case Spread::kClusters:
        codes.push_back(flip(centres[rng.below(centres.size())], rng.below(12), rng));
        break;
      case Spread::kAllEqual:
        codes.push_back(centres[0]);
    }
  }
  return codes;
}

HammingIndex index_of(const std::vector<std::uint64_t>& codes) {
  HammingIndex index;
  for (std::uint32_t i = 0; i < codes.size(); ++i) index.insert(codes[i], EntryId{i});
  return index;
}

// Near an entry, so that there is something to find.
std::vector<std::uint64_t> queries_of(const std::vector<std::uint64_t>& codes) {
  Rng rng(11);
  std::vector<std::uint64_t> queries(512);
  for (std::uint64_t& query : queries) query = flip(codes[rng.below(codes.size())], rng.below(9), rng);
  return queries;
}

// Share of the entries within the distance that the index finds.
double recall_of(const HammingIndex& index, const std::vector<std::uint64_t>& codes,
                 const std::vector<std::uint64_t>& queries, int distance) {
  std::size_t expected = 0;
  std::size_t found = 0;
  for (std::size_t i = 0; i < queries.size() && i < 32; ++i) {
    for (const std::uint64_t code : codes)
      expected += hamming_distance(code, queries[i]) <= distance ? 1U : 0U;
    found += index.query({.code = queries[i], .max_distance = distance, .top_k = SIZE_MAX}).size();
  }
  return expected == 0 ? 1.0 : static_cast<double>(found) / static_cast<double>(expected);
}

void BM_IndexQuery(benchmark::State& state) {
  const auto codes = codes_of(static_cast<std::size_t>(state.range(0)), static_cast<Spread>(state.range(1)));
  const int distance = static_cast<int>(state.range(2));
  const HammingIndex index = index_of(codes);
  const auto queries = queries_of(codes);
  std::size_t next = 0;
  for (auto _ : state) {
    next = next + 1 < queries.size() ? next + 1 : 0;
    benchmark::DoNotOptimize(index.query({.code = queries[next], .max_distance = distance, .top_k = 10}));
  }
  state.counters["recall"] = recall_of(index, codes, queries, distance);
  state.counters["bytes_per_entry"] =
      static_cast<double>(index.memory().value) / static_cast<double>(codes.size());
}

void BM_Scan(benchmark::State& state) {
  const auto kernel = static_cast<ScanKernel>(state.range(1));
  if (!is_supported(kernel)) {
    state.SkipWithError("not on this processor");
    return;
  }
  const auto codes = codes_of(static_cast<std::size_t>(state.range(0)), Spread::kUniform);
  const auto queries = queries_of(codes);
  std::vector<std::uint32_t> positions;
  std::size_t next = 0;
  for (auto _ : state) {
    next = next + 1 < queries.size() ? next + 1 : 0;
    positions.clear();
    scan_within(codes, queries[next], 8, positions, kernel);
    benchmark::DoNotOptimize(positions.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_IndexReplace(benchmark::State& state) {
  const auto codes = codes_of(static_cast<std::size_t>(state.range(0)), Spread::kUniform);
  HammingIndex index;
  std::vector<HammingIndex::Slot> slots;
  for (std::uint32_t i = 0; i < codes.size(); ++i) slots.push_back(index.insert(codes[i], EntryId{i}));
  Rng rng(3);
  for (auto _ : state) {
    const std::size_t at = rng.below(slots.size());
    index.remove(slots[at]);
    slots[at] = index.insert(rng.next(), EntryId{static_cast<std::uint32_t>(at)});
  }
}

void BM_SimilarityFind(benchmark::State& state) {
  const auto codes = codes_of(static_cast<std::size_t>(state.range(0)), Spread::kPerceptual);
  SimilarityIndex index;
  for (std::uint32_t i = 0; i < codes.size(); ++i) index.insert(Modality::kImage, EntryId{i}, codes[i]);
  const auto queries = queries_of(codes);
  std::size_t next = 0;
  for (auto _ : state) {
    next = next + 1 < queries.size() ? next + 1 : 0;
    benchmark::DoNotOptimize(index.find(Modality::kImage, queries[next], {.threshold = 0.875, .top_k = 10}));
  }
  state.counters["bytes_per_entry"] =
      static_cast<double>(index.memory().value) / static_cast<double>(codes.size());
}

/// Embeddings of `count` contents in clumps, and queries a little beside some of them.
struct Embeddings {
  std::size_t dimension = 0;
  std::vector<std::vector<float>> vectors;
  std::vector<std::vector<float>> queries;

  Embeddings(std::size_t count, std::size_t size) : dimension(size) {
    Rng rng(13);
    std::vector<std::vector<float>> centres;
    for (int i = 0; i < 500; ++i) centres.push_back(near(std::vector<float>(size), 1, rng));
    for (std::size_t i = 0; i < count; ++i)
      vectors.push_back(near(centres[rng.below(centres.size())], 0.5F, rng));
    for (int i = 0; i < 256; ++i) queries.push_back(near(vectors[rng.below(count)], 0.2F, rng));
  }
  static std::vector<float> near(std::vector<float> vector, float spread, Rng& rng) {
    for (float& x : vector) x += spread * static_cast<float>(rng.uniform() - 0.5);
    return vector;
  }
};

double recall_of(const EmbeddingIndex& index, const Embeddings& embeddings) {
  std::size_t expected = 0;
  std::size_t found = 0;
  for (const auto& vector : embeddings.queries) {
    const EmbeddingQuery query{.vector = vector, .threshold = 0.5, .top_k = 10};
    const auto all = index.query_all(query);
    expected += all.size();
    for (const EmbeddingMatch& match : index.query(query))
      found += std::find(all.begin(), all.end(), match) != all.end() ? 1U : 0U;
  }
  return static_cast<double>(found) / static_cast<double>(std::max<std::size_t>(expected, 1));
}

// Beside the query, what it took to get there: time to insert, memory, recall before and after every entry
// was replaced once.
void BM_EmbeddingQuery(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const Embeddings embeddings(2 * count, static_cast<std::size_t>(state.range(1)));
  EmbeddingIndex index({.dimension = embeddings.dimension});
  for (std::uint32_t i = 0; i < count; ++i) (void)index.insert(EntryId{i}, embeddings.vectors[i]);
  state.counters["recall"] = recall_of(index, embeddings);
  for (std::uint32_t i = 0; i < count; ++i) {
    index.erase(EntryId{i});
    (void)index.insert(EntryId{static_cast<std::uint32_t>(count) + i}, embeddings.vectors[count + i]);
  }
  state.counters["recall_after_churn"] = recall_of(index, embeddings);
  state.counters["bytes_per_entry"] = static_cast<double>(index.memory().value) / static_cast<double>(count);
  std::size_t next = 0;
  for (auto _ : state) {
    next = next + 1 < embeddings.queries.size() ? next + 1 : 0;
    benchmark::DoNotOptimize(
        index.query({.vector = embeddings.queries[next], .threshold = 0.9, .top_k = 10}));
  }
}

void BM_EmbeddingInsert(benchmark::State& state) {
  const Embeddings embeddings(static_cast<std::size_t>(state.range(0)),
                              static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    EmbeddingIndex index({.dimension = embeddings.dimension});
    for (std::uint32_t i = 0; i < embeddings.vectors.size(); ++i)
      (void)index.insert(EntryId{i}, embeddings.vectors[i]);
    benchmark::DoNotOptimize(index.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_SimHash(benchmark::State& state) {
  Rng rng(5);
  std::vector<std::uint32_t> tokens(static_cast<std::size_t>(state.range(0)));
  for (std::uint32_t& token : tokens) token = static_cast<std::uint32_t>(rng.below(150'000));
  for (auto _ : state) benchmark::DoNotOptimize(simhash(tokens));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_PHash(benchmark::State& state) {
  const auto side = static_cast<std::uint32_t>(state.range(0));
  image::Image picture(image::Size{side, side});
  Rng rng(6);
  for (std::uint8_t& byte : picture.bytes()) byte = static_cast<std::uint8_t>(rng.next());
  for (auto _ : state) benchmark::DoNotOptimize(image::phash(picture));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(picture.bytes().size()));
}

constexpr std::int64_t kMillion = 1'000'000;
constexpr auto kUniform = static_cast<std::int64_t>(Spread::kUniform);
constexpr auto kPerceptual = static_cast<std::int64_t>(Spread::kPerceptual);
constexpr auto kClusters = static_cast<std::int64_t>(Spread::kClusters);
constexpr auto kAllEqual = static_cast<std::int64_t>(Spread::kAllEqual);

BENCHMARK(BM_IndexQuery)
    ->ArgNames({"entries", "spread", "distance"})
    ->Args({10'000, kUniform, 8})
    ->Args({100'000, kUniform, 8})
    ->Args({kMillion, kUniform, 3})
    ->Args({kMillion, kUniform, 6})
    ->Args({kMillion, kUniform, 8})
    ->Args({kMillion, kPerceptual, 8})
    ->Args({kMillion, kClusters, 8})
    ->Args({kMillion, kAllEqual, 8})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_Scan)
    ->ArgNames({"entries", "kernel"})
    ->Args({kMillion, 0})
    ->Args({kMillion, 1})
    ->Args({kMillion, 2})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_IndexReplace)->Arg(kMillion);
BENCHMARK(BM_SimilarityFind)->Arg(kMillion)->Arg(1'100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_EmbeddingQuery)
    ->ArgNames({"entries", "dimension"})
    ->Args({1000, 256})
    ->Args({10'000, 256})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_EmbeddingInsert)->Args({10'000, 256})->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_SimHash)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_PHash)->Arg(256)->Arg(1024)->Arg(4096)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
