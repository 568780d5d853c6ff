// SPDX-License-Identifier: Apache-2.0
//
// The memcpy that calibration takes its figure from, beside STREAM's copy kernel on the same arrays: one loop
// of loads and stores of the widest vectors that this processor has (64 bytes with AVX-512, 32 with AVX2,
// else 16), with stores through the caches, as compilers make them, and past them (non-temporal, with
// prefetches). One thread,
// pages touched, and huge where the system gives huge ones. Arrays up to four times the last cache, as
// STREAM's rules ask. In turns, so that all see the same machine; medians, and memcpy over the better of the
// two. All figures are measured, bytes copied a second.
#include <benchmark/benchmark.h>
#include <immintrin.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "bench/calibrate/memory.h"
#include "bench/calibrate/spread.h"
#include "hardware/live_machine.h"

using namespace cachebench;

namespace {

void copy_through_16(std::byte* target, const std::byte* source, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 16) {
    _mm_store_si128(reinterpret_cast<__m128i*>(target + i),
                    _mm_load_si128(reinterpret_cast<const __m128i*>(source + i)));
  }
}

// Ahead of the load, as compilers do for such loops: the processor's own prefetch ends with the page.
constexpr std::size_t kAhead = 4096;

void copy_past_16(std::byte* target, const std::byte* source, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 16) {
    if (i % 64 == 0) _mm_prefetch(reinterpret_cast<const char*>(source + i + kAhead), _MM_HINT_T0);
    _mm_stream_si128(reinterpret_cast<__m128i*>(target + i),
                     _mm_load_si128(reinterpret_cast<const __m128i*>(source + i)));
  }
  _mm_sfence();
}

__attribute__((target("avx2"))) void copy_through_32(std::byte* target, const std::byte* source,
                                                     std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 32) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(target + i),
                       _mm256_load_si256(reinterpret_cast<const __m256i*>(source + i)));
  }
}

__attribute__((target("avx2"))) void copy_past_32(std::byte* target, const std::byte* source,
                                                  std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 32) {
    if (i % 64 == 0) _mm_prefetch(reinterpret_cast<const char*>(source + i + kAhead), _MM_HINT_T0);
    _mm256_stream_si256(reinterpret_cast<__m256i*>(target + i),
                        _mm256_load_si256(reinterpret_cast<const __m256i*>(source + i)));
  }
  _mm_sfence();
}

__attribute__((target("avx512f"))) void copy_through_64(std::byte* target, const std::byte* source,
                                                        std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 64) _mm512_store_si512(target + i, _mm512_load_si512(source + i));
}

__attribute__((target("avx512f"))) void copy_past_64(std::byte* target, const std::byte* source,
                                                     std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 64) {
    _mm_prefetch(reinterpret_cast<const char*>(source + i + kAhead), _MM_HINT_T0);
    _mm512_stream_si512(reinterpret_cast<__m512i*>(target + i), _mm512_load_si512(source + i));
  }
  _mm_sfence();
}

using CopyLoop = void (*)(std::byte* target, const std::byte* source, std::size_t bytes);

void library_copy(std::byte* target, const std::byte* source, std::size_t bytes) {
  std::memcpy(target, source, bytes);
}

struct Arrays {
  tier::Mapping source;
  tier::Mapping target;
  std::size_t bytes;
  std::size_t threads;
};

// Bytes a second; every thread copies its part.
double rate_of(const Arrays& arrays, CopyLoop copy) {
  const auto begun = std::chrono::steady_clock::now();
  const std::size_t part = arrays.bytes / arrays.threads;
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < arrays.threads; ++i)
    others.emplace_back(copy, arrays.target.data() + i * part, arrays.source.data() + i * part, part);
  copy(arrays.target.data(), arrays.source.data(), part);
  for (std::thread& other : others) other.join();
  benchmark::ClobberMemory();
  return bench::rate(Bytes{arrays.bytes}, std::chrono::steady_clock::now() - begun);
}

void BM_StreamCopy(benchmark::State& state) {
  const Bytes bytes{static_cast<std::uint64_t>(state.range(0)) * kMiB.value};
  const Arrays arrays{.source = bench::touched_memory(bytes),
                      .target = bench::touched_memory(bytes),
                      .bytes = bytes.value,
                      .threads = static_cast<std::size_t>(state.range(1))};
  const bool wide = __builtin_cpu_supports("avx2") != 0;
  const bool widest = __builtin_cpu_supports("avx512f") != 0;
  const CopyLoop through_caches = widest ? copy_through_64 : wide ? copy_through_32 : copy_through_16;
  const CopyLoop past_caches = widest ? copy_past_64 : wide ? copy_past_32 : copy_past_16;
  std::vector<double> library;
  std::vector<double> through;
  std::vector<double> past;
  for (auto _ : state) {
    library.push_back(rate_of(arrays, library_copy));
    through.push_back(rate_of(arrays, through_caches));
    past.push_back(rate_of(arrays, past_caches));
  }
  const double memcpy_rate = bench::spread_of(library).median;
  const double stream = std::max(bench::spread_of(through).median, bench::spread_of(past).median);
  state.counters["memcpy_GBps"] = memcpy_rate / 1e9;
  state.counters["stream_GBps"] = bench::spread_of(through).median / 1e9;
  state.counters["stream_past_caches_GBps"] = bench::spread_of(past).median / 1e9;
  state.counters["memcpy_to_better"] = memcpy_rate / stream;
  state.counters["memcpy_spread_percent"] = 100 * bench::spread_of(library).relative();
}

// By one thread up to four times the last cache (256 MiB where its size is not told), and at that size by
// all.
void sizes(benchmark::internal::Benchmark* bench) {
  const long cache = ::sysconf(_SC_LEVEL3_CACHE_SIZE);
  const long most = std::max(256L, 4 * cache / static_cast<long>(kMiB.value));
  for (const long mib : {16L, 64L, 256L}) bench->Args({mib, 1});
  if (most > 256) bench->Args({most, 1});
  bench->Args({most, hardware::allowed_threads()});
}

BENCHMARK(BM_StreamCopy)
    ->ArgNames({"MiB", "threads"})
    ->Apply(sizes)
    ->Iterations(15)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
