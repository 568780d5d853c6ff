// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/occupancy.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/rng.h"

namespace {

using namespace cachebench;

TEST_CASE("a stretch has the room that a plain array says") {
  for (const std::size_t steps : {1U, 31U, 32U, 33U, 65U, 1000U, 3000U}) {
    CAPTURE(steps);
    policy::Occupancy occupancy(steps);
    std::vector<std::uint64_t> plain(steps, 0);
    Rng rng(steps);
    for (int i = 0; i < 600; ++i) {
      const std::size_t from = rng.below(steps);
      const std::size_t to = from + 1 + rng.below(steps - from);
      if (rng.below(2) == 0) {
        const std::uint64_t bytes = rng.below(1000);
        occupancy.add(from, to, bytes);
        for (std::size_t k = from; k < to; ++k) plain[k] += bytes;
      }
      const auto begin = plain.begin();
      const std::uint64_t most = *std::max_element(begin + static_cast<std::ptrdiff_t>(from),
                                                   begin + static_cast<std::ptrdiff_t>(to));
      REQUIRE_FALSE(occupancy.exceeds(from, to, most));
      if (most > 0) REQUIRE(occupancy.exceeds(from, to, most - 1));
      REQUIRE(occupancy.exceeds(from, to, 2000) == (most > 2000));
    }
  }
}

}  // namespace
