// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/memory.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("every byte is touched; more than there can be is an error") {
  const tier::Mapping memory = touched_memory(Bytes{10'000});
  CHECK(std::count(memory.data(), memory.data() + 10'000, std::byte{0x5A}) == 10'000);
  CHECK_THROWS_AS(touched_memory(Bytes{std::uint64_t{1} << 62}), Error);
}

TEST_CASE("arrays to copy are larger than the last cache, as far as the memory goes") {
  const Bytes size = beyond_caches();
  CHECK(size.value % kMiB.value == 0);
  CHECK(size >= kMiB);
  const long cache = ::sysconf(_SC_LEVEL3_CACHE_SIZE);
  const auto memory = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  CHECK(size.value <= memory / 8);
  if (cache > 0) CHECK(size.value <= std::max(64 * kMiB.value, 4 * static_cast<std::uint64_t>(cache)));
}

TEST_CASE("rates") {
  CHECK(rate(Bytes{1'000}, Nanoseconds{1'000'000'000}) == 1'000);
  CHECK(rate(Bytes{3}, Nanoseconds{0}) == 3e9);
}

TEST_CASE(
    "random bytes fill all of a buffer, the end that is no whole word included, and follow from the seed") {
  std::vector<std::byte> first(1003);
  std::vector<std::byte> second(1003);
  Rng one(7);
  Rng other(7);
  fill_random(first, one);
  fill_random(second, other);
  CHECK(first == second);
  CHECK(std::any_of(first.end() - 3, first.end(), [](std::byte byte) { return byte != std::byte{0}; }));
  fill_random({}, one);
  CHECK(one.next() == other.next());
}
