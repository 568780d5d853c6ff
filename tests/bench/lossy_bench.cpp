// SPDX-License-Identifier: Apache-2.0
//
// The lossy formats against memcpy of the same tensor in the same process, plain and with AVX2: bytes per
// second of the tensor's own size, rows of 2048 elements. All figures are measured.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/float_formats.h"
#include "core/rng.h"
#include "tier/lossy/int8_dot.h"
#include "tier/lossy/lossy.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

constexpr std::int64_t kColumns = 2048;

struct Setup {
  TensorMeta meta;
  std::vector<std::byte> data;
  LossyFormat format;
  SimdLevel level;
  std::vector<std::byte> encoded;
  explicit Setup(const benchmark::State& state)
      : meta{.shape = {state.range(0) / kColumns, kColumns}, .dtype = static_cast<DType>(state.range(2))},
        data(meta.bytes().value),
        format(static_cast<LossyFormat>(state.range(1))),
        level(static_cast<SimdLevel>(state.range(3))),
        encoded(lossy_bytes(format, meta)) {
    Rng rng(1);
    for (std::size_t i = 0; i < meta.shape.elements(); ++i) {
      const auto value = static_cast<float>(rng.uniform() * 8 - 4);
      const std::uint16_t narrow = bfloat16_from_float(value);
      if (meta.dtype == DType::kF32) {
        std::memcpy(&data[4 * i], &value, 4);
      } else {
        std::memcpy(&data[2 * i], &narrow, 2);
      }
    }
  }
  [[nodiscard]] std::string label() const {
    return std::string(name_of(format)) + " of " + std::string(name_of(meta.dtype)) +
           (level == SimdLevel::kAvx2 ? ", AVX2" : ", scalar");
  }
};

void BM_Memcpy(benchmark::State& state) {
  std::vector<std::byte> from(static_cast<std::size_t>(state.range(0)), std::byte{1});
  std::vector<std::byte> to(from.size(), std::byte{2});
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void BM_Encode(benchmark::State& state) {
  Setup setup(state);
  if (!is_supported(setup.level)) {
    state.SkipWithError("not on this processor");
    return;
  }
  const TensorView view{.meta = setup.meta, .data = setup.data};
  for (auto _ : state) {
    if (encode_lossy(setup.format, view, setup.encoded, setup.level) != LossyOutcome::kEncoded) {
      state.SkipWithError("not encoded");
      return;
    }
    benchmark::ClobberMemory();
  }
  state.SetLabel(setup.label());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(setup.data.size()));
}

void BM_Decode(benchmark::State& state) {
  Setup setup(state);
  if (!is_supported(setup.level)) {
    state.SkipWithError("not on this processor");
    return;
  }
  const TensorView view{.meta = setup.meta, .data = setup.data};
  (void)encode_lossy(setup.format, view, setup.encoded, setup.level);
  for (auto _ : state) {
    if (!decode_lossy(setup.format, setup.encoded, setup.meta, setup.data, setup.level)) {
      state.SkipWithError("not decoded");
      return;
    }
    benchmark::ClobberMemory();
  }
  state.SetLabel(setup.label());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(setup.data.size()));
}

// One image's vision output at 256 tokens with its taps, about, and something beyond the caches.
constexpr std::int64_t kSmall = std::int64_t{1} << 18;
constexpr std::int64_t kLarge = std::int64_t{1} << 24;

// A query against rows, without decoding them: bytes of codes a second.
void BM_Int8Dot(benchmark::State& state) {
  const auto columns = static_cast<std::size_t>(state.range(0));
  const auto level = static_cast<SimdLevel>(state.range(1));
  if (!is_supported(level)) return state.SkipWithError("no AVX2 here");
  constexpr std::size_t kRows = 1000;
  Rng rng(columns);
  std::vector<std::int8_t> rows(kRows * columns);
  for (std::int8_t& code : rows) code = static_cast<std::int8_t>(static_cast<int>(rng.below(255)) - 127);
  const std::vector<std::int8_t> query(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(columns));
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row)
      benchmark::DoNotOptimize(int8_dot(std::span(rows).subspan(row * columns, columns), query, level));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(rows.size()) *
                          static_cast<std::int64_t>(state.iterations()));
}

void cases(benchmark::internal::Benchmark* bench) {
  const auto f32 = static_cast<std::int64_t>(DType::kF32);
  const auto bf16 = static_cast<std::int64_t>(DType::kBF16);
  for (const std::int64_t elements : {kSmall, kLarge}) {
    for (const std::int64_t level : {1, 0}) {
      for (const std::int64_t format : {0, 1, 2, 3}) bench->Args({elements, format, f32, level});
      for (const std::int64_t format : {2, 3}) bench->Args({elements, format, bf16, level});
    }
  }
}

BENCHMARK(BM_Memcpy)->Arg(2 * kSmall)->Arg(4 * kSmall)->Arg(2 * kLarge)->Arg(4 * kLarge);
BENCHMARK(BM_Encode)->ArgNames({"elements", "format", "dtype", "level"})->Apply(cases);
BENCHMARK(BM_Int8Dot)->ArgNames({"columns", "level"})->ArgsProduct({{256, 768}, {0, 1}});
BENCHMARK(BM_Decode)->ArgNames({"elements", "format", "dtype", "level"})->Apply(cases);

}  // namespace

BENCHMARK_MAIN();
