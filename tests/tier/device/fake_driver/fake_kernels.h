// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tier/device/cuda/move_kernels.h"
#include "tier/device/cuda/similarity_kernels.h"

/// The kernels of the program as loops on the processor: each takes its arguments as a launch passes them and
/// gives back what the stream is to run. The bodies are the product's own.
namespace cachebench::tier::testing {

struct FakeGrid {
  unsigned columns;
  unsigned rows;
  unsigned threads;
  [[nodiscard]] std::uint32_t lanes() const { return columns * threads; }
};
using FakeWork = std::function<void()>;
using FakeKernel = std::function<FakeWork(const FakeGrid&, void** arguments)>;

template <typename T>
T argument(void** arguments, int index) {
  return *static_cast<T*>(arguments[index]);
}

template <typename T>
T* at_address(std::uint64_t address) {
  return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}

inline FakeWork fake_move_ranges(const FakeGrid& grid, void** arguments) {
  const auto* const ranges = argument<const cuda::MoveRange*>(arguments, 0);
  return [grid, ranges] {
    for (unsigned row = 0; row < grid.rows; ++row) {
      const cuda::MoveRange range = ranges[row];
      const std::uint64_t words = cuda::words_of(range);
      const std::uint64_t after = words * sizeof(cuda::Word);
      for (std::uint32_t lane = grid.lanes(); lane-- > 0;) {
        cuda::move_units(at_address<cuda::Word>(range.target), at_address<const cuda::Word>(range.source),
                         words, {lane, grid.lanes()});
        cuda::move_units(at_address<std::uint8_t>(range.target) + after,
                         at_address<const std::uint8_t>(range.source) + after, range.bytes - after,
                         {lane, grid.lanes()});
      }
    }
  };
}

template <typename Unit, bool kGather>
FakeWork fake_rows(const FakeGrid& grid, void** arguments) {
  const auto* const from = argument<const Unit*>(arguments, 0);
  const auto shape = argument<cuda::RowTable>(arguments, 1);
  const auto* const indices = argument<const std::uint32_t*>(arguments, 2);
  auto* const to = argument<Unit*>(arguments, 3);
  auto* const refused = argument<unsigned*>(arguments, 4);
  return [=] {
    for (std::uint64_t row = 0; row < grid.rows; ++row) {
      for (std::uint32_t lane = 0; lane < grid.lanes(); ++lane) {
        const cuda::Lane share{lane, grid.lanes()};
        *refused |= kGather ? cuda::gather_row(from, shape, indices, row, to, share)
                            : cuda::scatter_row(from, shape, indices, row, to, share);
      }
    }
  };
}

template <typename Element, typename Codes>
FakeWork fake_encode(const FakeGrid& grid, void** arguments) {
  using Stored = typename Element::Stored;
  using Code = typename Codes::Code;
  const auto* const in = argument<const Stored*>(arguments, 0);
  const auto columns = argument<std::uint64_t>(arguments, 1);
  auto* const scales = argument<float*>(arguments, 2);
  auto* const codes = argument<Code*>(arguments, 3);
  auto* const refused = argument<unsigned*>(arguments, 4);
  return [=] {
    for (std::uint64_t row = 0; row < grid.columns; ++row) {
      std::uint32_t largest = 0;
      for (std::uint32_t lane = 0; lane < grid.threads; ++lane)
        largest = std::max(largest,
                           cuda::max_magnitude<Element>(in + row * columns, columns, {lane, grid.threads}));
      const std::uint32_t reason = cuda::refusal_of<Element>(largest);
      *refused |= reason;
      if (reason != 0) continue;
      const cuda::RowScale scale = Codes::scale_of(std::bit_cast<float>(largest));
      scales[row] = scale.scale;
      for (std::uint32_t lane = 0; lane < grid.threads; ++lane)
        cuda::encode_row<Element, Codes>(in + row * columns, columns, scale.inverse, codes + row * columns,
                                         {lane, grid.threads});
    }
  };
}

template <typename Element, typename Codes>
FakeWork fake_decode(const FakeGrid& grid, void** arguments) {
  const auto* const scales = argument<const float*>(arguments, 0);
  const auto* const codes = argument<const typename Codes::Code*>(arguments, 1);
  const auto columns = argument<std::uint64_t>(arguments, 2);
  auto* const out = argument<typename Element::Stored*>(arguments, 3);
  return [=] {
    for (std::uint64_t row = 0; row < grid.columns; ++row) {
      for (std::uint32_t lane = 0; lane < grid.threads; ++lane)
        cuda::decode_row<Element, Codes>(codes + row * columns, columns, scales[row], out + row * columns,
                                         {lane, grid.threads});
    }
  };
}

template <typename Element, std::uint32_t kOverflow>
FakeWork fake_narrow(const FakeGrid& grid, void** arguments) {
  const auto* const in = argument<const float*>(arguments, 0);
  const auto count = argument<std::uint64_t>(arguments, 1);
  auto* const out = argument<std::uint16_t*>(arguments, 2);
  auto* const refused = argument<unsigned*>(arguments, 3);
  return [=] {
    for (std::uint32_t lane = 0; lane < grid.lanes(); ++lane)
      *refused |= cuda::narrow<Element>(in, count, kOverflow, out, {lane, grid.lanes()});
  };
}

template <typename Element>
FakeWork fake_widen(const FakeGrid& grid, void** arguments) {
  const auto* const in = argument<const std::uint16_t*>(arguments, 0);
  const auto count = argument<std::uint64_t>(arguments, 1);
  auto* const out = argument<float*>(arguments, 2);
  return [=] {
    for (std::uint32_t lane = 0; lane < grid.lanes(); ++lane)
      cuda::widen<Element>(in, count, out, {lane, grid.lanes()});
  };
}

template <typename Unit>
FakeWork fake_scores(const FakeGrid& grid, void** arguments) {
  const auto* const codes = argument<const Unit*>(arguments, 0);
  const auto* const scales = argument<const float*>(arguments, 1);
  const auto rows = argument<std::uint64_t>(arguments, 2);
  const auto columns = argument<std::uint64_t>(arguments, 3);
  const auto* const query = argument<const Unit*>(arguments, 4);
  const auto query_scale = argument<float>(arguments, 5);
  auto* const scores = argument<float*>(arguments, 6);
  return [=] {
    const std::uint64_t units = columns / sizeof(Unit);
    for (std::uint64_t row = 0; row < std::uint64_t{grid.columns} * cuda::kRowsPerBlock && row < rows;
         ++row) {
      std::int32_t sum = 0;
      for (std::uint32_t lane = 0; lane < cuda::kWarp; ++lane) {
        if constexpr (sizeof(Unit) == 4) {
          sum += cuda::dot_words(codes + row * units, query, units, {lane, cuda::kWarp}, cuda::PlainDot4{});
        } else {
          sum += cuda::dot_bytes(codes + row * units, query, units, {lane, cuda::kWarp});
        }
      }
      scores[row] = cuda::score_of(sum, scales[row], query_scale);
    }
  };
}

inline const std::map<std::string, FakeKernel>& fake_kernels() {
  using namespace cuda;
  static const std::map<std::string, FakeKernel> kKernels{
      {"move_ranges", fake_move_ranges},
      {"gather_rows_words", fake_rows<Word, true>},
      {"gather_rows_bytes", fake_rows<std::uint8_t, true>},
      {"scatter_rows_words", fake_rows<Word, false>},
      {"scatter_rows_bytes", fake_rows<std::uint8_t, false>},
      {"int8_encode_f32", fake_encode<Float32, Int8Codes>},
      {"int8_encode_f16", fake_encode<Float16, Int8Codes>},
      {"int8_encode_bf16", fake_encode<Bfloat16, Int8Codes>},
      {"e4m3_encode_f32", fake_encode<Float32, E4M3Codes>},
      {"e4m3_encode_f16", fake_encode<Float16, E4M3Codes>},
      {"e4m3_encode_bf16", fake_encode<Bfloat16, E4M3Codes>},
      {"int8_decode_f32", fake_decode<Float32, Int8Codes>},
      {"int8_decode_f16", fake_decode<Float16, Int8Codes>},
      {"int8_decode_bf16", fake_decode<Bfloat16, Int8Codes>},
      {"e4m3_decode_f32", fake_decode<Float32, E4M3Codes>},
      {"e4m3_decode_f16", fake_decode<Float16, E4M3Codes>},
      {"e4m3_decode_bf16", fake_decode<Bfloat16, E4M3Codes>},
      {"f16_encode", fake_narrow<Float16, kHalfOverflow>},
      {"bf16_encode", fake_narrow<Bfloat16, kBfloat16Overflow>},
      {"f16_decode", fake_widen<Float16>},
      {"bf16_decode", fake_widen<Bfloat16>},
      {"int8_scores_words", fake_scores<std::uint32_t>},
      {"int8_scores_bytes", fake_scores<std::int8_t>},
  };
  return kKernels;
}

}  // namespace cachebench::tier::testing
