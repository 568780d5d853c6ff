// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/move_kernels.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <vector>

// The bodies of the moving kernels, lane by lane, against plain loops.
namespace cachebench::tier::cuda {
namespace {

std::vector<std::uint8_t> pattern(std::size_t bytes) {
  std::vector<std::uint8_t> result(bytes);
  for (std::size_t i = 0; i < bytes; ++i) result[i] = static_cast<std::uint8_t>(i * 13 + 1);
  return result;
}

}  // namespace

TEST_CASE("words travel where both ends are aligned, and never past the end") {
  CHECK(words_of({.target = 32, .source = 4096, .bytes = 100}) == 6);
  CHECK(words_of({.target = 32, .source = 4096, .bytes = 15}) == 0);
  CHECK(words_of({.target = 33, .source = 4096, .bytes = 100}) == 0);
  CHECK(words_of({.target = 32, .source = 4104, .bytes = 100}) == 0);
}

TEST_CASE("the lanes of a grid move each unit once, whatever their number and order") {
  for (const std::size_t count : {0U, 1U, 31U, 32U, 33U, 1000U}) {
    for (const std::uint32_t lanes : {1U, 7U, 32U, 256U}) {
      const std::vector<std::uint8_t> from = pattern(count);
      std::vector<std::uint8_t> to(count + 1);
      for (std::uint32_t lane = lanes; lane-- > 0;) move_units(to.data(), from.data(), count, {lane, lanes});
      CHECK(to.back() == 0);
      to.pop_back();
      CHECK(to == from);
    }
  }
  const std::vector<Word> words{{{1, 2, 3, 4}}, {{5, 6, 7, 8}}};
  std::vector<Word> moved(2);
  move_units(moved.data(), words.data(), 2, {});
  CHECK(std::memcmp(moved.data(), words.data(), 2 * sizeof(Word)) == 0);
}

TEST_CASE("rows are gathered and scattered by index, and one beyond the table is refused") {
  constexpr RowTable kShape{.rows = 5, .units = 70};
  const std::vector<std::uint8_t> table = pattern(kShape.rows * kShape.units);
  const std::vector<std::uint32_t> indices{3, 0, 5, 4};
  std::vector<std::uint8_t> rows(indices.size() * kShape.units);
  std::vector<std::uint8_t> again(table.size());
  for (std::uint64_t row = 0; row < indices.size(); ++row) {
    for (std::uint32_t lane = 0; lane < 32; ++lane) {
      const std::uint32_t wanted = indices[row] == 5 ? kOutOfRange : 0;
      CHECK(gather_row(table.data(), kShape, indices.data(), row, rows.data(), {lane, 32}) == wanted);
      CHECK(scatter_row(rows.data(), kShape, indices.data(), row, again.data(), {lane, 32}) == wanted);
    }
    const std::vector<std::uint8_t> zeros(kShape.units);
    const std::uint8_t* const expected =
        indices[row] == 5 ? zeros.data() : table.data() + indices[row] * kShape.units;
    CHECK(std::memcmp(rows.data() + row * kShape.units, expected, kShape.units) == 0);
  }
  for (std::uint32_t row = 0; row < kShape.rows; ++row) {
    const bool moved = row == 0 || row == 3 || row == 4;
    for (std::size_t i = row * kShape.units; i < (row + 1) * kShape.units; ++i)
      REQUIRE(again[i] == (moved ? table[i] : 0));
  }
}

}  // namespace cachebench::tier::cuda
