// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/occupancy.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/rng.h"

namespace {

using namespace cachebench;

TEST_CASE("the most over any stretch is that of a plain array") {
  for (const std::size_t steps : {1U, 31U, 32U, 33U, 1000U}) {
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
      REQUIRE(occupancy.most(from, to) == most);
    }
  }
}

}  // namespace
