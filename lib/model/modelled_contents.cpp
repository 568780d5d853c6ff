// SPDX-License-Identifier: Apache-2.0
#include "model/modelled_contents.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "core/hash.h"

namespace cachebench::model {
namespace {

constexpr std::uint64_t kStep = 0x9E37'79B9'7F4A'7C15ULL;

// Calls `visit(offset, word)` for each eight bytes of a row that begins with `word`.
template <typename Visit>
bool each_word(std::uint64_t word, std::size_t bytes, Visit visit) {
  std::uint64_t seed = word;
  for (std::size_t offset = 0; offset < bytes; offset += sizeof(word)) {
    if (!visit(offset, word)) return false;
    seed += kStep;
    word = content_word(seed);
  }
  return true;
}

}  // namespace

std::uint64_t first_word(std::span<const std::byte> row) {
  std::uint64_t word = 0;
  CACHEBENCH_CHECK(row.size() >= sizeof(word), "a row of {} bytes", row.size());
  std::memcpy(&word, row.data(), sizeof(word));
  return word;
}

void fill_row(std::uint64_t word, std::span<std::byte> row) {
  CACHEBENCH_CHECK(row.size() >= sizeof(word), "a row of {} bytes", row.size());
  each_word(word, row.size(), [&](std::size_t offset, std::uint64_t value) {
    std::memcpy(row.data() + offset, &value, std::min(sizeof(value), row.size() - offset));
    return true;
  });
}

std::uint64_t word_of_row(std::span<const std::byte> row) {
  const std::uint64_t word = first_word(row);
  const bool whole = each_word(word, row.size(), [&](std::size_t offset, std::uint64_t value) {
    return std::memcmp(row.data() + offset, &value, std::min(sizeof(value), row.size() - offset)) == 0;
  });
  return whole ? word : content_word(hash64(row), 1);
}

}  // namespace cachebench::model
