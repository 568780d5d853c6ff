// SPDX-License-Identifier: Apache-2.0
#include "cache/statistics.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::entry_of;
using testing::RealCache;

TEST_CASE("one call tells everything of one moment") {
  RealCache cache({{1'000}, {100'000}}, "demote-on-evict");
  static_cast<void>(cache.fetch(1, 600));
  static_cast<void>(cache.fetch(1, 600));
  static_cast<void>(cache.fetch(2, 600));
  cache.manager().drain();
  { const auto lease = cache.manager().acquire_tensor({1'000}, DType::kF32); }
  { const auto lease = cache.manager().acquire_tensor({1'000}, DType::kF32); }
  const CacheStatistics all = cache.manager().statistics();
  CHECK(all.counters.accesses == 3);
  CHECK(all.hit_ratio() == doctest::Approx(1.0 / 3));
  CHECK(all.served_ratio() == doctest::Approx(1.0 / 3));
  CHECK(all.tier_hit_ratio(0) == doctest::Approx(1.0 / 3));
  CHECK(all.tier_hit_ratio(1) == 0.0);
  CHECK(all.utilisation(0) == doctest::Approx(0.6));
  CHECK(all.utilisation(1) == doctest::Approx(0.006));
  CHECK(all.reuse_ratio() == doctest::Approx(0.5));
  CHECK(all.entries_known == 2);
  CHECK(all.decisions == cache.manager().decisions());
  CHECK(all.decision_log_hash == cache.manager().decision_log_hash());
  CHECK(all.now == cache.manager().now());
  REQUIRE(all.transfers.planes.size() == 2);
  CHECK(all.transfers.planes[0].bytes_written == Bytes{1'200});
  CHECK(all.transfers.planes[0].bytes_read == Bytes{600});
  const std::string text = describe(all);
  for (const char* said :
       {"3 accesses", "33.3%", "L1: 600 B of 1000 B", "1 evictions", "50.0% of them reused"})
    CHECK_MESSAGE(text.find(said) != std::string::npos, text);
}

TEST_CASE("nothing asked is no division by nothing; failures are told") {
  CacheStatistics none;
  CHECK(none.hit_ratio() == 0.0);
  CHECK(none.reuse_ratio() == 0.0);
  none.transfers.failures = 2;
  none.transfers.first_failure = "no space left";
  CHECK(describe(none).find("2 transfers failed, the first: no space left") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::cache
