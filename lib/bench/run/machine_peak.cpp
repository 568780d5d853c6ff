// SPDX-License-Identifier: Apache-2.0
#include "bench/run/machine_peak.h"

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

#include "core/check.h"
#include "core/clock.h"
#include "core/huge_pages.h"
#include "core/units.h"

namespace cachebench::bench {
namespace {

constexpr int kTries = 3;
constexpr std::uint64_t kSteps = 400'000;
constexpr std::size_t kSums = 12;  // enough in flight to hide an instruction's latency

// Each returns a value that depends on all it did, so nothing is left out. GCC and Clang take the
// instructions from the attribute, whatever the rest of the program is built for.
__attribute__((target("avx512f"))) float multiply_wide() {
  __m512 sums[kSums];
  for (std::size_t i = 0; i < kSums; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512 factor = _mm512_set1_ps(0.999F);
  const __m512 term = _mm512_set1_ps(0.001F);
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, term);
  }
  float out[16];
  __m512 all = sums[0];
  for (std::size_t i = 1; i < kSums; ++i) all = _mm512_add_ps(all, sums[i]);
  _mm512_storeu_ps(out, all);
  return std::accumulate(out, out + 16, 0.0F);
}

__attribute__((target("avx2,fma"))) float multiply_middle() {
  __m256 sums[kSums];
  for (std::size_t i = 0; i < kSums; ++i) sums[i] = _mm256_set1_ps(static_cast<float>(i));
  const __m256 factor = _mm256_set1_ps(0.999F);
  const __m256 term = _mm256_set1_ps(0.001F);
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, term);
  }
  float out[8];
  __m256 all = sums[0];
  for (std::size_t i = 1; i < kSums; ++i) all = _mm256_add_ps(all, sums[i]);
  _mm256_storeu_ps(out, all);
  return std::accumulate(out, out + 8, 0.0F);
}

float multiply_narrow() {
  __m128 sums[kSums];
  for (std::size_t i = 0; i < kSums; ++i) sums[i] = _mm_set1_ps(static_cast<float>(i));
  const __m128 factor = _mm_set1_ps(0.999F);
  const __m128 term = _mm_set1_ps(0.001F);
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    for (__m128& sum : sums) sum = _mm_add_ps(_mm_mul_ps(sum, factor), term);
  }
  float out[4];
  __m128 all = sums[0];
  for (std::size_t i = 1; i < kSums; ++i) all = _mm_add_ps(all, sums[i]);
  _mm_storeu_ps(out, all);
  return std::accumulate(out, out + 4, 0.0F);
}

struct Products {
  float (*run)();
  std::size_t lanes;
};

Products widest() {
  if (__builtin_cpu_supports("avx512f")) return {multiply_wide, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {multiply_middle, 8};
  return {multiply_narrow, 4};
}

/// The shortest of a few times in which `threads` each did `work` of their number.
double best_seconds(std::uint32_t threads, const std::function<void(std::uint32_t)>& work) {
  const RealClock clock;
  Nanoseconds best = Nanoseconds::max();
  for (int i = 0; i < kTries; ++i) {
    std::vector<Nanoseconds> took(threads);
    std::vector<std::thread> crew;
    for (std::uint32_t n = 0; n < threads; ++n) {
      crew.emplace_back([&, n] {
        const Nanoseconds begun = clock.now();
        work(n);
        took[n] = clock.now() - begun;
      });
    }
    for (std::thread& thread : crew) thread.join();
    best = std::min(best, *std::max_element(took.begin(), took.end()));
  }
  return static_cast<double>(std::max<std::int64_t>(best.count(), 1)) / 1e9;
}

}  // namespace

MachinePeak measure_machine_peak(std::uint32_t threads) {
  CACHEBENCH_CHECK(threads > 0);
  std::vector<float> kept(threads);
  const Products products = widest();
  const double multiplying = best_seconds(threads, [&](std::uint32_t n) { kept[n] = products.run(); });

  // 32 MiB a thread, and all together no more than a run leaves free on a machine of many cores.
  const std::size_t words = std::min(4 * kMiB.value, kGiB.value / sizeof(std::uint64_t) / threads);
  std::vector<std::vector<std::uint64_t>> memory(threads);
  for (auto& own : memory) resize_huge(own, words);
  std::vector<std::uint64_t> sums(threads);
  const double reading = best_seconds(threads, [&](std::uint32_t n) {
    sums[n] += std::accumulate(memory[n].begin(), memory[n].end(), std::uint64_t{0});
  });
  const double operations = 2.0 * static_cast<double>(products.lanes * kSums * kSteps) * threads;
  const double bytes = static_cast<double>(words * sizeof(std::uint64_t)) * threads;
  // What was computed is looked at, so that it had to be.
  const float all = std::accumulate(kept.begin(), kept.end(), 0.0F);
  const bool sound = all == all && std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}) == 0;
  return {.flops_per_second = sound ? operations / multiplying : 0, .bytes_per_second = bytes / reading};
}

}  // namespace cachebench::bench
