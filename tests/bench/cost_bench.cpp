// SPDX-License-Identifier: Apache-2.0
#include "hardware/cost.h"

#include <benchmark/benchmark.h>

#include <string>

/// What pricing an access costs: the simulator does it once or twice per access.
namespace {

using namespace cachebench;
using namespace cachebench::hardware;

CostModel cost_model(double stored_ratio) {
  return {read_profile(std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles/" + kDefaultProfile + ".json"),
          stored_ratio};
}

void hit_cost(benchmark::State& state) {
  const CostModel cost = cost_model(1.0);
  const auto from = static_cast<Medium>(state.range(0));
  std::uint64_t size = 1 << 20;
  for (auto _ : state) {
    benchmark::DoNotOptimize(cost.hit_cost(from, Bytes{size}));
    size += 64;
  }
}
BENCHMARK(hit_cost)->ArgName("medium")->DenseRange(0, 2);

void hit_cost_with_codec(benchmark::State& state) {
  const CostModel cost = cost_model(0.5);
  std::uint64_t size = 1 << 20;
  for (auto _ : state) {
    benchmark::DoNotOptimize(cost.hit_cost(Medium::kSsd, Bytes{size}));
    size += 64;
  }
}
BENCHMARK(hit_cost_with_codec);

void miss_cost(benchmark::State& state) {
  const CostModel cost = cost_model(1.0);
  Work work{
      .flops = 776'300'000'000, .bytes_moved = 1 << 20, .tokens_tokenized = 512, .source_pixels = 1 << 18};
  for (auto _ : state) {
    benchmark::DoNotOptimize(cost.miss_cost(work));
    work.flops += 64;
  }
}
BENCHMARK(miss_cost);

void load_profile(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(cost_model(1.0));
}
BENCHMARK(load_profile);

}  // namespace

BENCHMARK_MAIN();
