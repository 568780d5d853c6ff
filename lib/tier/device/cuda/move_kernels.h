// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tier/device/cuda/quantise_kernels.h"

/// The bodies of the kernels that move bytes: many ranges at once (a batch of small copies in one launch),
/// and rows of a table by index, out of it (gather) and into it (scatter). As with the lossy formats,
/// everything is constexpr, so that host and device compile the same source, and one lane's share is a
/// function of its own. Bytes travel in words of 16 where both ends allow it, one by one elsewhere. Pure
/// functions; the caller knows the sizes, but an index outside the table is refused, never followed.
namespace cachebench::tier::cuda {

/// One copy of a batch, by address. A kernel reads it as it lies here.
struct MoveRange {
  std::uint64_t target;
  std::uint64_t source;
  std::uint64_t bytes;
};

struct alignas(16) Word {
  std::uint32_t part[4];
};

/// How many whole words of a range travel as such; the bytes after them travel one by one.
constexpr std::uint64_t words_of(const MoveRange& range) {
  return ((range.target | range.source) & (sizeof(Word) - 1)) == 0 ? range.bytes / sizeof(Word) : 0;
}

template <typename Unit>
constexpr void move_units(Unit* target, const Unit* source, std::uint64_t count, Lane lane) {
  for (std::uint64_t i = lane.lane; i < count; i += lane.count) target[i] = source[i];
}

/// A table of rows, each `units` long.
struct RowTable {
  std::uint64_t rows;
  std::uint64_t units;
};

/// Row `indices[row]` of the table becomes row `row` of the output. Returns kOutOfRange for an index beyond
/// it.
template <typename Unit>
constexpr std::uint32_t gather_row(const Unit* table, RowTable shape, const std::uint32_t* indices,
                                   std::uint64_t row, Unit* out, Lane lane) {
  if (indices[row] >= shape.rows) return kOutOfRange;
  move_units(out + row * shape.units, table + std::uint64_t{indices[row]} * shape.units, shape.units, lane);
  return 0;
}

/// Row `row` of the input becomes row `indices[row]` of the table. The indices differ from one another.
template <typename Unit>
constexpr std::uint32_t scatter_row(const Unit* in, RowTable shape, const std::uint32_t* indices,
                                    std::uint64_t row, Unit* table, Lane lane) {
  if (indices[row] >= shape.rows) return kOutOfRange;
  move_units(table + std::uint64_t{indices[row]} * shape.units, in + row * shape.units, shape.units, lane);
  return 0;
}

}  // namespace cachebench::tier::cuda
