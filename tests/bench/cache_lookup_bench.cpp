// SPDX-License-Identifier: Apache-2.0
//
// What a look-up costs: a directory hit through the manager with the handle taken and let go, the same from
// several threads, the engine alone as a simulation drives it, and a hit in host memory read through a handle
// beside a plain memcpy of the same bytes in the same process. All figures are measured.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "cache/cache_fixtures.h"
#include "result/statistics.h"
#include "tier/mapping.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

EngineOptions tiers_of(std::uint64_t bytes, const char* migration) {
  return testing::engine_options_of({{bytes}, {bytes}, {bytes}}, migration);
}

// Entries in a fixed random order, so that the next one is not in the processor's caches by chance.
std::vector<EntryDescription> shuffled_entries(std::uint64_t count) {
  std::vector<EntryDescription> entries;
  for (std::uint64_t i = 0; i < count; ++i) {
    EntryDescription what = testing::entry_of(i, 1);
    what.key = Key{splitmix64(i), splitmix64(i + count)};
    entries.push_back(what);
  }
  Rng rng(1);
  for (std::size_t i = entries.size(); i > 1; --i) std::swap(entries[i - 1], entries[rng.below(i)]);
  return entries;
}

struct Warm {
  hardware::CostModel costs = testing::round_costs();
  HierarchicalCacheManager manager;
  std::vector<EntryDescription> entries;
  Warm(std::uint64_t count, const char* migration)
      : manager(tiers_of(count, migration), costs, std::make_unique<NullTransfers>(),
                DecisionClock::kServiceSum),
        entries(shuffled_entries(count)) {
    for (const EntryDescription& what : entries) manager.put(what, nullptr, nullptr);
  }
};

void BM_DirectoryHit(benchmark::State& state) {
  static std::unique_ptr<Warm> warm;
  if (state.thread_index() == 0)
    warm = std::make_unique<Warm>(static_cast<std::uint64_t>(state.range(0)), "demote-on-evict");
  std::size_t next = static_cast<std::size_t>(state.thread_index()) * 7919;
  for (auto _ : state) {
    next = next + 1 < warm->entries.size() ? next + 1 : 0;
    LookupResult found = warm->manager.lookup(warm->entries[next]);
    if (!found.handle) {
      state.SkipWithError("not a hit");
      break;
    }
    benchmark::DoNotOptimize(found);
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_DirectoryHitSeedThreshold(benchmark::State& state) {
  Warm warm(static_cast<std::uint64_t>(state.range(0)), "seed-threshold");
  std::size_t next = 0;
  for (auto _ : state) {
    next = next + 1 < warm.entries.size() ? next + 1 : 0;
    benchmark::DoNotOptimize(warm.manager.lookup(warm.entries[next]));
  }
  state.SetItemsProcessed(state.iterations());
}

// Skewed accesses of which some miss, with everything that a miss moves in three tiers.
void BM_EngineSimulate(benchmark::State& state) {
  const auto objects = static_cast<std::uint64_t>(state.range(0));
  const hardware::CostModel costs = testing::round_costs();
  DecisionEngine engine(tiers_of(objects / 20, "demote-on-evict"), costs);
  Rng rng(3);
  std::vector<EntryDescription> trace;
  for (int i = 0; i < 1'000'000; ++i) {
    EntryDescription what = testing::entry_of(rng.below(rng.below(objects) + 1), 1);
    trace.push_back(what);
  }
  std::size_t next = 0;
  for (auto _ : state) {
    next = next + 1 < trace.size() ? next + 1 : 0;
    const EntryId id = engine.intern(trace[next]);
    const AccessDecision decision = engine.access(id, Bytes{1});
    if (!decision.hit) engine.put(id);
    engine.advance(decision.service);
    engine.moves().clear();
  }
  state.SetItemsProcessed(state.iterations());
  const CacheCounters& counted = engine.counters();
  state.counters["hit_ratio"] = static_cast<double>(counted.hits) / static_cast<double>(counted.accesses);
}

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// In turns, so that both see the same machine; sources are cycled through, as a cache's hits are.
void BM_HostHitRead(benchmark::State& state) {
  const auto bytes = static_cast<std::uint64_t>(state.range(0)) << 10;
  const std::uint64_t count = std::max<std::uint64_t>(4, (std::uint64_t{64} << 20) / bytes);
  testing::RealCache cache({{1}, {bytes * count}}, "none");
  for (std::uint64_t i = 0; i < count; ++i) cache.put(i, bytes);
  const auto plain = tier::Mapping::try_map(Bytes{bytes * count});
  const auto target = tier::Mapping::try_map(Bytes{bytes});
  if (!plain || !target) return state.SkipWithError("no memory");
  std::memset(plain->data(), 1, plain->span().size());
  std::memset(target->data(), 1, bytes);
  std::vector<double> through;
  std::vector<double> copied;
  std::uint64_t wrong = 0;
  for (auto _ : state) {
    through.push_back(seconds_of([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        const LookupResult found = cache.manager().lookup(testing::entry_of(i, bytes));
        if (found.handle.read(target->span()).status != tier::TransferStatus::kDone) ++wrong;
        benchmark::ClobberMemory();
      }
    }));
    copied.push_back(seconds_of([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        std::memcpy(target->data(), plain->data() + i * bytes, bytes);
        benchmark::ClobberMemory();
      }
    }));
  }
  if (wrong > 0) return state.SkipWithError("a read failed");
  const auto total = static_cast<double>(bytes * count);
  state.counters["hit"] = total / result::median_of(through);
  state.counters["memcpy"] = total / result::median_of(copied);
  state.counters["of_memcpy"] = result::median_of(copied) / result::median_of(through);
}

}  // namespace

BENCHMARK(BM_DirectoryHit)->Arg(10'000)->Arg(100'000);
BENCHMARK(BM_DirectoryHit)->Arg(10'000)->Threads(2);
BENCHMARK(BM_DirectoryHitSeedThreshold)->Arg(10'000)->Arg(100'000);
BENCHMARK(BM_EngineSimulate)->Arg(10'000)->Arg(100'000);
BENCHMARK(BM_HostHitRead)->ArgName("KiB")->Arg(64)->Arg(256)->Arg(1024)->Arg(16'384)->Iterations(30);

BENCHMARK_MAIN();
