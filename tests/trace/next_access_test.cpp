// SPDX-License-Identifier: Apache-2.0
#include "trace/next_access.h"

#include <doctest/doctest.h>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::trace;

TEST_CASE("next accesses count records from 1") {
  const std::vector<std::uint64_t> keys{7, 0, 7, 7, 5};
  CHECK(next_accesses(keys) == std::vector<std::int64_t>{3, -1, 4, -1, -1});
  CHECK(next_accesses({}).empty());
}

TEST_CASE("next accesses equal those of a forward search") {
  Rng rng(3);
  for (const std::uint64_t distinct : {1ULL, 17ULL, 4000ULL}) {
    std::vector<std::uint64_t> keys;
    // Keys that agree in their low bits, to press on the hash table.
    for (int i = 0; i < 4000; ++i) keys.push_back(rng.below(distinct) << 40);
    const std::vector<std::int64_t> next = next_accesses(keys);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::int64_t expected = -1;
      for (std::size_t j = i + 1; j < keys.size() && expected < 0; ++j) {
        if (keys[j] == keys[i]) expected = static_cast<std::int64_t>(j) + 1;
      }
      REQUIRE(next[i] == expected);
    }
  }
}
