// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/multimodal_statistics.h"

#include <doctest/doctest.h>

using namespace cachebench;
using namespace cachebench::cache;

TEST_CASE("similar hits are told from exact ones, and sums are over kinds and shards") {
  CacheCounters counters;
  KindCounters& text = counters.kinds[static_cast<std::size_t>(ArtefactKind::kText)];
  text.accesses = 10;
  text.hits = 6;
  text.covered = 1;
  text.misses = 3;
  text.similar_hits = 2;
  text.expired = 4;
  text.saved_ns = 100;
  KindCounters& image = counters.kinds[static_cast<std::size_t>(ArtefactKind::kImage)];
  image.accesses = 4;
  image.hits = 1;
  image.misses = 3;
  image.saved_ns = -10;
  counters.tiers[0].used = Bytes{5};
  counters.tiers[2].used = Bytes{7};
  counters.tiers[1].evictions = 3;
  MultimodalStatistics statistics;
  statistics.add(counters);
  statistics.add(counters);
  const EntryTypeStatistics& texts = statistics.kinds[static_cast<std::size_t>(ArtefactKind::kText)];
  CHECK(texts.exact == 8);
  CHECK(texts.similar == 4);
  CHECK(texts.expired == 8);
  CHECK(texts.hit_ratio() == 12.0 / 18);
  CHECK(statistics.all.accesses == 28);
  CHECK(statistics.all.saved_ns == 180);
  CHECK(statistics.used == Bytes{24});
  CHECK(statistics.evictions == 6);
  CHECK_FALSE(
      statistics.kinds[static_cast<std::size_t>(ArtefactKind::kFusionOutput)].hit_ratio().has_value());
}
