// SPDX-License-Identifier: Apache-2.0
//
// What the multimodal cache costs: a hit by key without the copy, the same from several threads over shards
// with one store in ten, expiry of many entries at once, and the memory that a million entries take beside
// their bytes. All figures are measured.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <thread>
#include <vector>

#include "cache/multimodal/multimodal_fixtures.h"
#include "result/statistics.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

Key key_of(std::uint64_t number) {
  return Key{splitmix64(number), splitmix64(number ^ 0x5555)};
}

// Keys in a fixed random order, so that the next one is not in the processor's caches by chance.
std::vector<Key> shuffled_keys(std::uint64_t count) {
  std::vector<Key> keys;
  for (std::uint64_t i = 0; i < count; ++i) keys.push_back(key_of(i));
  Rng rng(1);
  for (std::size_t i = keys.size(); i > 1; --i) std::swap(keys[i - 1], keys[rng.below(i)]);
  return keys;
}

// One tier with real bytes, device memory (emulated) or host memory.
MultimodalSetup one_tier(std::uint64_t bytes, hardware::Medium medium) {
  MultimodalSetup setup = testing::setup_with({{bytes}}, "none");
  setup.engine.tiers[0].medium = medium;
  setup.engine.default_ttl = Nanoseconds{3'600'000'000'000'000};
  return setup;
}

constexpr std::size_t kElements = 16;  // 64 bytes each
constexpr ArtefactKind kKind = ArtefactKind::kVisionEncoderOutput;

void BM_Hit(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const auto medium = state.range(1) == 1 ? hardware::Medium::kDevice : hardware::Medium::kHost;
  OwnedMultimodalCache cache(one_tier(count * 64, medium), testing::round_site());
  const std::vector<Key> keys = shuffled_keys(count);
  const testing::NumberedTensor tensor(1, kElements);
  for (const Key& key : keys) cache->put(key, kKind, tensor.view());
  std::size_t next = 0;
  for (auto _ : state) {
    next = next + 1 < keys.size() ? next + 1 : 0;
    auto found = cache->get(keys[next], kKind);
    if (!found) return state.SkipWithError("not a hit");
    benchmark::DoNotOptimize(found);
  }
  state.SetItemsProcessed(state.iterations());
}

struct Shared {
  std::vector<Key> keys;
  OwnedMultimodalCache cache;
  Shared(std::uint64_t count, std::size_t shards) : keys(shuffled_keys(count)), cache(make(count, shards)) {
    const testing::NumberedTensor tensor(1, kElements);
    for (const Key& key : keys) cache->put(key, kKind, tensor.view());
  }
  // Nine in ten fit: a store evicts about as often as it finds its entry there.
  static OwnedMultimodalCache make(std::uint64_t count, std::size_t shards) {
    MultimodalSetup setup = one_tier(count * 64 * 9 / 10, hardware::Medium::kHost);
    setup.shards = shards;
    return OwnedMultimodalCache(setup, testing::round_site());
  }
};

// Nine look-ups for each store.
void one_operation(Shared& shared, const testing::NumberedTensor& tensor, Rng& rng) {
  const Key& key = shared.keys[rng.below(shared.keys.size())];
  if (rng.below(10) == 0) {
    benchmark::DoNotOptimize(shared.cache->put(key, kKind, tensor.view()));
  } else {
    benchmark::DoNotOptimize(shared.cache->get(key, kKind));
  }
}

// `shared` is there once the loop begins.
void run_mixed(benchmark::State& state, const std::unique_ptr<Shared>& shared) {
  const testing::NumberedTensor tensor(1, kElements);
  Rng rng(static_cast<std::uint64_t>(state.thread_index()) + 1);
  for (auto _ : state) one_operation(*shared, tensor, rng);
  state.SetItemsProcessed(state.iterations());
}

// Threads share the cache. The first one makes it before the others start.
void BM_Mixed(benchmark::State& state) {
  static std::unique_ptr<Shared> shared;
  if (state.thread_index() == 0) {
    shared = std::make_unique<Shared>(static_cast<std::uint64_t>(state.range(0)),
                                      static_cast<std::size_t>(state.range(1)));
  }
  run_mixed(state, shared);
}

// What one thread does in a moment of looking up and storing.
using Moment = std::chrono::steady_clock::time_point;
struct Spurt {
  double operations = 0;
  std::int64_t preempted = 0;  ///< times that another process took the core
  Moment begun = Moment::max();
  Moment ended = Moment::min();
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(ended - begun).count(); }
  /// Nobody else had a core of theirs, so all of it was at one time.
  [[nodiscard]] bool undisturbed() const { return preempted == 0 && seconds() < 1.1 * kTurn; }
  [[nodiscard]] double rate() const { return operations / seconds(); }
  static constexpr double kTurn = 3e-3;
};

Spurt spurt(Shared& shared, std::uint64_t seed, std::atomic<int>& waiting) {
  const testing::NumberedTensor tensor(1, kElements);
  Rng rng(seed);
  Spurt done;
  waiting.fetch_sub(1);
  while (waiting.load() > 0) {
  }
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_THREAD, &before);
  done.begun = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 100; ++i) one_operation(shared, tensor, rng);
    done.operations += 100;
    done.ended = std::chrono::steady_clock::now();
  } while (done.seconds() < Spurt::kTurn);
  getrusage(RUSAGE_THREAD, &after);
  done.preempted = after.ru_nivcsw - before.ru_nivcsw;
  return done;
}

Spurt at_once(std::initializer_list<Shared*> each, std::uint64_t seed) {
  std::vector<Spurt> done(each.size());
  std::atomic<int> waiting{static_cast<int>(each.size())};
  std::vector<std::thread> threads;
  std::size_t next = 0;
  for (Shared* shared : each) {
    threads.emplace_back([&done, &waiting, shared, number = next++, seed] {
      done[number] = spurt(*shared, seed + number, waiting);
    });
  }
  for (std::thread& thread : threads) thread.join();
  Spurt sum;
  for (const Spurt& one : done) {
    sum.operations += one.operations;
    sum.preempted += one.preempted;
    sum.begun = std::min(sum.begun, one.begun);
    sum.ended = std::max(sum.ended, one.ended);
  }
  return sum;
}

// How much more two threads do than one, over one cache and over a cache each, which is what the machine
// allows: in turns of three milliseconds, so that what else goes on meets all three alike. Only turns count
// in which no other process took a core; medians of them.
void BM_Scaling(benchmark::State& state) {
  constexpr int kRounds = 300;
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const auto shards = static_cast<std::size_t>(state.range(1));
  Shared one(count, shards);
  Shared other(count, shards);
  std::vector<double> shared_gain;
  std::vector<double> apart_gain;
  std::vector<double> single;
  for (auto _ : state) {
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      const Spurt alone = at_once({&one}, 8 * round);
      const Spurt together = at_once({&one, &one}, 8 * round + 2);
      const Spurt apart = at_once({&one, &other}, 8 * round + 4);
      if (!alone.undisturbed()) continue;
      single.push_back(alone.rate());
      if (together.undisturbed()) shared_gain.push_back(together.rate() / alone.rate());
      if (apart.undisturbed()) apart_gain.push_back(apart.rate() / alone.rate());
    }
  }
  state.counters["two_threads"] = result::median_of(shared_gain);
  state.counters["two_caches"] = result::median_of(apart_gain);
  state.counters["one_thread_per_s"] = result::median_of(single);
  state.counters["rounds"] = static_cast<double>(shared_gain.size());
}

// Set, change and expire, at sizes far apart: the time for each entry hardly depends on how many there are.
void BM_Expiry(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  Rng rng(2);
  std::int64_t now = 0;
  ExpiryQueue queue;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < count; ++i)
      queue.set(EntryId{i}, Nanoseconds{now + 1 + static_cast<std::int64_t>(rng.below(3'600'000'000'000))});
    now += 3'600'000'000'001;
    std::uint32_t expired = 0;
    while (queue.pop_due(Nanoseconds{now}) != kNoEntry) ++expired;
    if (expired != count) return state.SkipWithError("not all expired");
  }
  state.SetItemsProcessed(state.iterations() * count);
}

// Resident memory of a million entries without bytes: directory, policy, lifetimes, quotas, likeness.
void BM_Metadata(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    const auto before = mallinfo2();
    const hardware::CostModel costs = testing::round_costs();
    EngineOptions options = testing::engine_options_of({{count * 32}, {count * 32}}, "demote-on-evict");
    options.default_ttl = Nanoseconds{3'600'000'000'000'000};
    options.expected_entries = count;
    HierarchicalCacheManager manager(options, costs, std::make_unique<NullTransfers>(),
                                     DecisionClock::kServiceSum);
    HierarchicalCacheManager* shards[] = {&manager};
    IntelligentMultimodalCache cache({.similarity = {.image = true}}, shards);
    for (std::uint64_t i = 0; i < count; ++i) {
      EntryDescription what = testing::entry_of(i, 64);
      what.key = key_of(i);
      what.kind = ArtefactKind::kVisionEncoderOutput;
      cache.put(what, nullptr, nullptr, {}, {.image_code = splitmix64(i)});
    }
    const auto after = mallinfo2();
    const MultimodalStatistics statistics = cache.statistics();
    if (statistics.resident != count || statistics.comparable != count)
      return state.SkipWithError("not all are there");
    const auto bytes = static_cast<double>(after.uordblks + after.hblkhd) -
                       static_cast<double>(before.uordblks + before.hblkhd);
    state.counters["bytes_per_entry"] = bytes / static_cast<double>(count);
    state.counters["index_per_entry"] =
        static_cast<double>(statistics.similarity_memory.value) / static_cast<double>(count);
    state.counters["MB"] = bytes / 1e6;
  }
}

}  // namespace

BENCHMARK(BM_Hit)->ArgNames({"entries", "device"})->Args({1'000, 0})->Args({100'000, 0})->Args({100'000, 1});
void mixed_arguments(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"entries", "shards"})->UseRealTime();
  for (const std::int64_t shards : {1, 16, 64, 256}) bench->Args({100'000, shards});
}
BENCHMARK(BM_Mixed)->Apply(mixed_arguments);
BENCHMARK(BM_Mixed)->Apply(mixed_arguments)->Threads(2);
BENCHMARK(BM_Scaling)->Apply(mixed_arguments)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Expiry)->Arg(1'000)->Arg(30'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Metadata)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
