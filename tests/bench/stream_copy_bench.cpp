// SPDX-License-Identifier: Apache-2.0
//
// The memcpy that calibration takes its figure from, beside STREAM's copy kernel on arrays of the same size:
// one loop of loads and stores, with stores through the caches and past them. In turns, so that all see the
// same machine; medians, and memcpy over the better of the two. All figures are measured, bytes copied a
// second.
#include <benchmark/benchmark.h>
#include <emmintrin.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "bench/calibrate/memory.h"
#include "bench/calibrate/spread.h"

using namespace cachebench;

namespace {

void copy_through(double* target, const double* source, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 4) {
    _mm_store_pd(target + i, _mm_load_pd(source + i));
    _mm_store_pd(target + i + 2, _mm_load_pd(source + i + 2));
  }
}

void copy_past(double* target, const double* source, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 4) {
    _mm_stream_pd(target + i, _mm_load_pd(source + i));
    _mm_stream_pd(target + i + 2, _mm_load_pd(source + i + 2));
  }
  _mm_sfence();
}

double rate_of(Bytes bytes, const auto& copy) {
  const auto begun = std::chrono::steady_clock::now();
  copy();
  benchmark::ClobberMemory();
  return bench::rate(bytes, std::chrono::steady_clock::now() - begun);
}

void BM_StreamCopy(benchmark::State& state) {
  const Bytes bytes{static_cast<std::uint64_t>(state.range(0)) * kMiB.value};
  const tier::Mapping source = bench::touched_memory(bytes);
  const tier::Mapping target = bench::touched_memory(bytes);
  auto* to = reinterpret_cast<double*>(target.data());
  const auto* from = reinterpret_cast<const double*>(source.data());
  const std::size_t count = bytes.value / sizeof(double);
  std::vector<double> library;
  std::vector<double> through;
  std::vector<double> past;
  for (auto _ : state) {
    library.push_back(rate_of(bytes, [&] { std::memcpy(to, from, bytes.value); }));
    through.push_back(rate_of(bytes, [&] { copy_through(to, from, count); }));
    past.push_back(rate_of(bytes, [&] { copy_past(to, from, count); }));
  }
  const double memcpy_rate = bench::spread_of(library).median;
  const double stream = std::max(bench::spread_of(through).median, bench::spread_of(past).median);
  state.counters["memcpy_GBps"] = memcpy_rate / 1e9;
  state.counters["stream_GBps"] = bench::spread_of(through).median / 1e9;
  state.counters["stream_past_caches_GBps"] = bench::spread_of(past).median / 1e9;
  state.counters["memcpy_to_better"] = memcpy_rate / stream;
}

BENCHMARK(BM_StreamCopy)
    ->ArgName("MiB")
    ->Arg(16)
    ->Arg(64)
    ->Arg(256)
    ->Iterations(15)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
