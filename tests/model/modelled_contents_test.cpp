// SPDX-License-Identifier: Apache-2.0
#include "model/modelled_contents.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

using namespace cachebench;
using namespace cachebench::model;

TEST_CASE("a row gives back its word, and another one when a byte of it changed") {
  for (const std::size_t bytes : {8U, 9U, 64U, 113U}) {
    std::vector<std::byte> row(bytes);
    const std::uint64_t word = content_word(bytes, 7);
    fill_row(word, row);
    CHECK(first_word(row) == word);
    CHECK(word_of_row(row) == word);
    for (std::size_t i = 0; i < bytes; ++i) {
      row[i] ^= std::byte{1};
      CHECK(word_of_row(row) != word);
      row[i] ^= std::byte{1};
    }
    CHECK(word_of_row(row) == word);
  }
}

TEST_CASE("contents are finite floats below 2") {
  std::vector<std::byte> row(4096);
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    fill_row(content_word(seed), row);
    for (std::size_t i = 0; i < row.size(); i += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, row.data() + i, sizeof(value));
      REQUIRE(std::abs(value) < 2.0F);
    }
    for (std::size_t i = 0; i < row.size(); i += 2) {
      std::uint32_t half = 0;
      std::memcpy(&half, row.data() + i, 2);
      half <<= 16U;  // a bfloat16
      float value = 0;
      std::memcpy(&value, &half, sizeof(value));
      REQUIRE(std::abs(value) < 2.0F);
    }
  }
}

TEST_CASE("words of neighbouring numbers differ") {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    CHECK(content_word(i) != content_word(i + 1));
    CHECK(content_word(i, 1) != content_word(i, 2));
  }
}
