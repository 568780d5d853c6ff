// SPDX-License-Identifier: Apache-2.0
//
// What a hit in the visual registry costs, as an agent pays it: the text of the content hash is read, the
// block is found and counted, and the handle is given back. The embedding's bytes are not touched. From two
// threads as well, which share the registry's one lock. All figures are measured.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cache/visual/visual_fixtures.h"
#include "cache/visual/visual_kv_cache.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

struct Filled {
  std::vector<std::string> hashes;  // in another order than they were stored in
  VisualKVCache cache;

  Filled(std::uint64_t entries, const char* policy)
      : cache({.max_entries = entries,
               .max_vram_bytes = kGiB * 64,
               .eviction = {.name = policy, .values = {}}}) {
    for (std::uint64_t i = 0; i < entries; ++i) {
      hashes.push_back(testing::hash_of(i));
      const VisualStoreRequest request{.identity = {.content_hash = hashes.back()},
                                       .meta = testing::flat(64)};
      cache.store(request);
    }
    Rng rng(1);
    for (std::size_t i = hashes.size(); i > 1; --i) std::swap(hashes[i - 1], hashes[rng.below(i)]);
  }
};

void run_hits(benchmark::State& state, const char* policy) {
  static std::unique_ptr<Filled> shared;
  if (state.thread_index() == 0)
    shared = std::make_unique<Filled>(static_cast<std::uint64_t>(state.range(0)), policy);
  std::size_t next = static_cast<std::size_t>(state.thread_index()) * 499;
  for (auto _ : state) {
    next = next + 1 < shared->hashes.size() ? next + 1 : 0;
    VisualHandle found = shared->cache.lookup({.content_hash = shared->hashes[next]});
    if (!found) return state.SkipWithError("not a hit");
    benchmark::DoNotOptimize(found);
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_VisualHit(benchmark::State& state, const char* policy) {
  run_hits(state, policy);
}

// The advice for the batch beside it, and all that a result has in it.
void BM_VisualQuery(benchmark::State& state) {
  Filled registry(static_cast<std::uint64_t>(state.range(0)), "lfu");
  const BatchShape batch{};
  std::size_t next = 0;
  for (auto _ : state) {
    next = next + 1 < registry.hashes.size() ? next + 1 : 0;
    VisualCacheResult found = registry.cache.query({.content_hash = registry.hashes[next]}, batch);
    if (!found.cache_hit) return state.SkipWithError("not a hit");
    benchmark::DoNotOptimize(found);
  }
  state.SetItemsProcessed(state.iterations());
}

// The part of a hit that reads 64 digits.
void BM_ParseContentHash(benchmark::State& state) {
  const std::string hash = testing::hash_of(1);
  for (auto _ : state) benchmark::DoNotOptimize(parse_content_hash(hash));
}

}  // namespace

BENCHMARK_CAPTURE(BM_VisualHit, lfu, "lfu")->ArgName("entries")->Arg(1'000)->Arg(100'000);
BENCHMARK_CAPTURE(BM_VisualHit, lru, "lru")->ArgName("entries")->Arg(1'000)->Arg(100'000);
BENCHMARK_CAPTURE(BM_VisualHit, lfu, "lfu")->ArgName("entries")->Arg(100'000)->Threads(2)->UseRealTime();
BENCHMARK(BM_VisualQuery)->ArgName("entries")->Arg(1'000)->Arg(100'000);
BENCHMARK(BM_ParseContentHash);

BENCHMARK_MAIN();
