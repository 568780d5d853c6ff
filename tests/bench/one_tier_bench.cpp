// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/sweep/interner.h"
#include "core/rng.h"
#include "policy/eviction.h"
#include "policy/one_tier/replay.h"

/// The researcher's fast path in parts: interning, and one tier per policy and capacity, on skewed accesses
/// to a million objects. For loading included, time `cachebench sweep` itself: docs/benchmarks.md.
namespace cachebench {
namespace {

constexpr std::size_t kObjects = 1'000'000;
constexpr std::size_t kAccesses = 4'000'000;

/// Popularity proportional to 1/rank, near enough for a benchmark: ranks are drawn log-uniformly.
const std::vector<std::uint64_t>& keys() {
  static const std::vector<std::uint64_t> drawn = [] {
    Rng rng(1);
    std::vector<std::uint64_t> result(kAccesses);
    for (std::uint64_t& key : result) {
      key = static_cast<std::uint64_t>(std::pow(static_cast<double>(kObjects), rng.uniform()));
    }
    return result;
  }();
  return drawn;
}

constexpr std::size_t kBatch = 256;

policy::AccessColumns intern_all() {
  bench::Interner<std::uint64_t> interner;
  policy::AccessColumns columns;
  columns.reserve(kAccesses);
  for (std::size_t begin = 0; begin + kBatch <= kAccesses; begin += kBatch) {
    interner.make_room(kBatch);
    for (std::size_t i = begin; i < begin + kBatch; ++i) interner.prefetch(keys()[i]);
    for (std::size_t i = begin; i < begin + kBatch; ++i) columns.append_unit(interner.intern(keys()[i]));
  }
  return columns;
}

void count_accesses(benchmark::State& state, std::size_t accesses) {
  state.SetItemsProcessed(static_cast<std::int64_t>(accesses) * state.iterations());
}

void intern(benchmark::State& state) {
  static_cast<void>(keys());
  for (auto _ : state) benchmark::DoNotOptimize(intern_all());
  count_accesses(state, kAccesses);
}
BENCHMARK(intern)->Unit(benchmark::kMillisecond);

void simulate(benchmark::State& state, const std::string& policy) {
  static const policy::AccessColumns columns = intern_all();
  static const std::vector<std::uint32_t> next_uses = policy::next_uses_of(columns);
  const Bytes capacity{static_cast<std::uint64_t>(state.range(0))};
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        policy::replay_one_tier({.columns = columns, .capacity = capacity, .next_uses = next_uses},
                                {.name = policy, .values = {}}, 1));
  }
  count_accesses(state, columns.accesses());
}

// Every registered policy, as simulate/NAME/CAPACITY.
void register_policies() {
  for (const policy::EvictionDescriptor& descriptor : policy::EvictionRegistry::instance().items()) {
    benchmark::RegisterBenchmark(("simulate/" + descriptor.name).c_str(), simulate, descriptor.name)
        ->Arg(10'000)
        ->Arg(100'000)
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace cachebench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  cachebench::register_policies();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
