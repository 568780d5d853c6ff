// SPDX-License-Identifier: Apache-2.0
//
// What identifying a content costs, by algorithm: bytes per second from a short text to an image's pixels,
// with the 128-bit identity of its context. All figures are measured.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/content_identity.h"
#include "core/rng.h"

using namespace cachebench;

namespace {

std::vector<std::byte> content_of(std::int64_t size) {
  Rng rng(1);
  std::vector<std::byte> data(static_cast<std::size_t>(size));
  for (std::byte& byte : data) byte = static_cast<std::byte>(rng.below(256));
  return data;
}

void BM_Identify(benchmark::State& state) {
  const auto algorithm = static_cast<HashAlgorithm>(state.range(1));
  const std::vector<std::byte> data = content_of(state.range(0));
  ContentIdentifier identifier(algorithm);
  const IdentityContext context{.model_id = "qwen3-vl-2b", .processor_settings = "max_pixels=16777216"};
  for (auto _ : state) benchmark::DoNotOptimize(identifier.identify(data, context));
  state.SetLabel(std::string(name_of(algorithm)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void cases(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t algorithm : {0, 1}) {
    for (const std::int64_t size : {64, 4096, 1 << 18, 1 << 24}) bench->Args({size, algorithm});
  }
}

BENCHMARK(BM_Identify)->ArgNames({"bytes", "algorithm"})->Apply(cases);

}  // namespace

BENCHMARK_MAIN();
