// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/rng.h"

/// Contents of tensors that nothing computed: every row is made from one word, which stands at its beginning,
/// so whoever is given the row knows the word again, and a row that is not whole gives another one. Read as
/// 16-bit or 32-bit floats all values are finite and below 2. Pure functions, the same on every machine.
namespace cachebench::model {

/// A word that can begin a row: 60 bits of the mix of `x`.
[[nodiscard]] constexpr std::uint64_t content_word(std::uint64_t x) {
  return splitmix64(x) & 0xBFFF'BFFF'BFFF'BFFFULL;
}
[[nodiscard]] constexpr std::uint64_t content_word(std::uint64_t x, std::uint64_t y) {
  return content_word(x ^ splitmix64(y));
}

/// The first eight bytes. REQUIRES: that many.
[[nodiscard]] std::uint64_t first_word(std::span<const std::byte> row);
/// Fills a row of at least eight bytes, from `word` on.
void fill_row(std::uint64_t word, std::span<std::byte> row);
/// The word of a row that fill_row filled, and something else for any other.
[[nodiscard]] std::uint64_t word_of_row(std::span<const std::byte> row);

}  // namespace cachebench::model
