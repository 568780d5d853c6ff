// SPDX-License-Identifier: Apache-2.0
#include "bench/run/content.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/rng.h"

namespace cachebench::bench {
namespace {

// A counter through a cheap mix: every word depends on key and position, so a shifted or foreign block shows.
std::uint64_t word_at(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t x = seed + index * 0x9E3779B97F4A7C15ULL;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ULL;
  return x ^ (x >> 29);
}

std::uint64_t seed_of(const Key& key) {
  return splitmix64(key.lo ^ splitmix64(key.hi));
}

}  // namespace

void synthesise(const Key& key, std::uint64_t offset, std::span<std::byte> out) {
  const std::uint64_t seed = seed_of(key);
  std::uint64_t index = offset / 8;
  std::size_t at = 0;
  for (; at + 8 <= out.size(); at += 8) {
    const std::uint64_t word = word_at(seed, index++);
    std::memcpy(out.data() + at, &word, 8);
  }
  const std::uint64_t last = word_at(seed, index);
  if (at < out.size()) std::memcpy(out.data() + at, &last, out.size() - at);
}

std::uint64_t count_wrong(const Key& key, std::uint64_t offset, std::span<const std::byte> data) {
  std::array<std::byte, 16384> expected;
  std::uint64_t wrong = 0;
  while (!data.empty()) {
    const auto piece = data.first(std::min(data.size(), expected.size()));
    synthesise(key, offset, std::span(expected).first(piece.size()));
    if (std::memcmp(piece.data(), expected.data(), piece.size()) != 0) {
      for (std::size_t i = 0; i < piece.size(); ++i) wrong += piece[i] != expected[i] ? 1U : 0U;
    }
    offset += piece.size();
    data = data.subspan(piece.size());
  }
  return wrong;
}

}  // namespace cachebench::bench
