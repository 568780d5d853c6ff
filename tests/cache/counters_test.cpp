// SPDX-License-Identifier: Apache-2.0
#include "cache/counters.h"

#include <doctest/doctest.h>

namespace cachebench::cache {
namespace {

TEST_CASE("a reset starts every count anew and keeps what is resident") {
  CacheCounters counters;
  counters.accesses = counters.hits = counters.covered = counters.misses = 7;
  counters.joined_hits = counters.insertions = counters.refusals = 3;
  counters.bytes_requested = counters.bytes_hit = counters.bytes_missed = Bytes{5};
  counters.saved_ns = counters.service_ns = 11;
  counters.causes[2] = 4;
  counters.kinds[1].hits = 9;
  counters.links.ssd_read = Bytes{8};
  counters.tiers[1] = {.accesses = 1,
                       .hits = 1,
                       .misses = 1,
                       .evictions = 1,
                       .promotions_in = 1,
                       .demotions_in = 1,
                       .bytes_read = Bytes{1},
                       .bytes_written = Bytes{1},
                       .used = Bytes{60},
                       .peak = Bytes{90}};
  counters.reset();
  CHECK(counters.accesses + counters.hits + counters.covered + counters.misses == 0);
  CHECK(counters.joined_hits + counters.insertions + counters.refusals == 0);
  CHECK(counters.bytes_requested + counters.bytes_hit + counters.bytes_missed == Bytes{0});
  CHECK(counters.saved_ns == 0);
  CHECK(counters.service_ns == 0);
  CHECK(counters.causes[2] == 0);
  CHECK(counters.kinds[1].hits == 0);
  CHECK(counters.links.ssd_read == Bytes{0});
  const TierCounters& tier = counters.tiers[1];
  CHECK(tier.accesses + tier.hits + tier.misses + tier.evictions + tier.promotions_in + tier.demotions_in ==
        0);
  CHECK(tier.bytes_read + tier.bytes_written == Bytes{0});
  CHECK(tier.used == Bytes{60});
  CHECK(tier.peak == Bytes{60});  // the highest since now
}

}  // namespace
}  // namespace cachebench::cache
