// SPDX-License-Identifier: Apache-2.0
#include "cache/level_caches.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::content_of;

CacheSite quick_site(std::string directory = "") {
  CacheSite site;
  site.profile = testing::round_costs().profile();
  site.directory = std::move(directory);
  site.throttle = tier::Throttle::kOff;
  return site;
}

void put(LevelCache& cache, std::uint64_t number, std::uint64_t bytes) {
  const auto content = content_of(number, bytes);
  REQUIRE(cache.put(view_of(content), std::to_string(number)));
}

bool holds(LevelCache& cache, std::uint64_t number, std::uint64_t bytes) {
  const auto handle = cache.get(std::to_string(number));
  if (!handle) return false;
  CHECK(testing::RealCache::bytes_of(*handle) == content_of(number, bytes));
  return true;
}

// What all three promise.
void check_cache(LevelCache& cache) {
  CHECK(cache.capacity() == Bytes{100'000});
  put(cache, 1, 40'000);
  put(cache, 2, 40'000);
  CHECK(holds(cache, 1, 40'000));
  put(cache, 3, 40'000);  // least recently used: 2
  CHECK(holds(cache, 1, 40'000));
  CHECK_FALSE(holds(cache, 2, 40'000));
  CHECK(holds(cache, 3, 40'000));
  put(cache, 3, 50'000);  // replaced
  CHECK(holds(cache, 3, 50'000));
  CHECK(cache.used() == Bytes{90'000});
  CHECK(cache.remove("3"));
  CHECK_FALSE(cache.remove("3"));
  CHECK(cache.used() == Bytes{40'000});
  const auto large = content_of(9, 100'001);
  CHECK_FALSE(cache.put(view_of(large), "large"));
  const CacheStatistics statistics = cache.statistics();
  CHECK(statistics.counters.tiers[0].evictions == 1);
  CHECK(statistics.counters.hits == 4);
  CHECK(statistics.hit_ratio() == doctest::Approx(0.8));
  CHECK(statistics.transfers.planes.size() == 1);
}

TEST_CASE("the GPU level") {
  L1GPUCache cache(Bytes{100'000}, "lru", quick_site());
  check_cache(cache);
}

TEST_CASE("the CPU level, pinned and not; its handles are read in place") {
  for (const auto pin : {L2CPUCache::PinMemory::kOff, L2CPUCache::PinMemory::kOn}) {
    L2CPUCache cache(Bytes{100'000}, "lru", pin, quick_site());
    check_cache(cache);
    const auto handle = cache.get("1");
    REQUIRE(handle.has_value());
    CHECK(handle->wait().status == tier::TransferStatus::kDone);
    CHECK(handle->host_view().size() == 40'000);
    CHECK_FALSE(cache.put(view_of(content_of(1, 10)), "1"));  // somebody reads it
  }
}

TEST_CASE("the SSD level, compressed and not") {
  for (const auto compression : {L3SSDCache::Compression::kOff, L3SSDCache::Compression::kOn}) {
    L3SSDCache cache(Bytes{100'000}, "lru", compression, quick_site());
    check_cache(cache);
  }
}

TEST_CASE("the SSD level survives its process") {
  const testing::TempDir folder;
  {
    L3SSDCache cache(Bytes{100'000}, "fifo", L3SSDCache::Compression::kOn, quick_site(folder / "store"));
    put(cache, 1, 40'000);
    cache.flush();
  }
  L3SSDCache cache(Bytes{100'000}, "fifo", L3SSDCache::Compression::kOn, quick_site(folder / "store"));
  CHECK(cache.recovered() == 1);
  CHECK(holds(cache, 1, 40'000));
}

TEST_CASE("each level takes its own policy, and unknown ones are refused") {
  L1GPUCache fifo(Bytes{100'000}, "fifo", quick_site());
  put(fifo, 1, 40'000);
  put(fifo, 2, 40'000);
  CHECK(holds(fifo, 1, 40'000));
  put(fifo, 3, 40'000);  // first in: 1, used or not
  CHECK_FALSE(holds(fifo, 1, 40'000));
  CHECK(holds(fifo, 2, 40'000));
  CHECK_THROWS_AS(L1GPUCache(Bytes{100'000}, "nonesuch", quick_site()), Error);
}

}  // namespace
}  // namespace cachebench::cache
