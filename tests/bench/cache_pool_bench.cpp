// SPDX-License-Identifier: Apache-2.0
//
// A buffer for a tensor, as a pipeline uses it (taken, written through, let go): from the pool, where the
// same pages come back, beside new and delete of the same size (small and middling ones the heap keeps
// itself, large ones it maps anew each time), and beside pages that were never touched. All are measured.
#include <benchmark/benchmark.h>

#include <iterator>
#include <memory>

#include "cache/tensor_pool.h"
#include "tier/mapping.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

constexpr std::uint64_t kPage = 4096;

TensorMeta meta_of(std::uint64_t bytes) {
  return {.shape = {static_cast<std::int64_t>(bytes / 2)}, .dtype = DType::kF16};
}

// The least that whoever fills a buffer does: every page once.
void touch(std::byte* data, std::uint64_t bytes) {
  for (std::uint64_t at = 0; at < bytes; at += kPage) data[at] = std::byte{1};
  benchmark::ClobberMemory();
}

void BM_AcquireTensor(benchmark::State& state) {
  const auto bytes = static_cast<std::uint64_t>(state.range(0)) << 10;
  TensorPool pool({});
  for (auto _ : state) {
    const TensorPool::Lease lease = pool.acquire(meta_of(bytes), ArtefactKind::kKvBlock);
    touch(lease.bytes().data(), bytes);
  }
  state.counters["reused"] =
      static_cast<double>(pool.stats().reused) / static_cast<double>(pool.stats().acquired);
}

void BM_PlainNew(benchmark::State& state) {
  const auto bytes = static_cast<std::uint64_t>(state.range(0)) << 10;
  for (auto _ : state) {
    const auto data = std::make_unique_for_overwrite<std::byte[]>(bytes);
    touch(data.get(), bytes);
    benchmark::DoNotOptimize(data.get());
  }
}

// Pages that nobody touched before, as after a restart, a trim or in a library that maps its own.
void BM_MapAndTouch(benchmark::State& state) {
  const auto bytes = static_cast<std::uint64_t>(state.range(0)) << 10;
  for (auto _ : state) {
    const auto mapping = tier::Mapping::try_map(Bytes{bytes});
    if (!mapping) return state.SkipWithError("no memory");
    touch(mapping->data(), bytes);
  }
}

// A request with one image of 1024 patches and 768 text tokens at the geometry `2b`: pixels, vision encoder
// output, hidden states, and two K/V blocks of 512 tokens.
constexpr std::uint64_t kMixture[] = {6'291'456, 4'194'304, 4'194'304, 58'720'256, 58'720'256};

void BM_AcquireTensorMixture(benchmark::State& state) {
  TensorPool pool({});
  for (auto _ : state) {
    TensorPool::Lease held[std::size(kMixture)];
    for (std::size_t i = 0; i < std::size(kMixture); ++i) {
      held[i] = pool.acquire(meta_of(kMixture[i]), ArtefactKind::kFusionOutput);
      touch(held[i].bytes().data(), kMixture[i]);
    }
  }
  state.counters["reused"] =
      static_cast<double>(pool.stats().reused) / static_cast<double>(pool.stats().acquired);
}

void BM_PlainNewMixture(benchmark::State& state) {
  for (auto _ : state) {
    std::unique_ptr<std::byte[]> held[std::size(kMixture)];
    for (std::size_t i = 0; i < std::size(kMixture); ++i) {
      held[i] = std::make_unique_for_overwrite<std::byte[]>(kMixture[i]);
      touch(held[i].get(), kMixture[i]);
    }
  }
}

}  // namespace

BENCHMARK(BM_AcquireTensor)->ArgName("KiB")->Arg(64)->Arg(512)->Arg(1024)->Arg(8192)->Arg(65'536);
BENCHMARK(BM_PlainNew)->ArgName("KiB")->Arg(64)->Arg(512)->Arg(1024)->Arg(8192)->Arg(65'536);
BENCHMARK(BM_MapAndTouch)->ArgName("KiB")->Arg(64)->Arg(512)->Arg(1024)->Arg(8192)->Arg(65'536);
BENCHMARK(BM_AcquireTensorMixture);
BENCHMARK(BM_PlainNewMixture);

BENCHMARK_MAIN();
