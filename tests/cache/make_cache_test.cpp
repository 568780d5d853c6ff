// SPDX-License-Identifier: Apache-2.0
#include "cache/make_cache.h"

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

CacheConfig small_config() {
  CacheConfig config;
  config.l1_cache_size = kMiB;
  config.l2_cache_size = kMiB * 8;
  config.l3_cache_size = kMiB * 32;
  return config;
}

TEST_CASE("the document's example: put a tensor, get it back, get a buffer of its shape") {
  const auto cache = make_hierarchical_cache(small_config(), quick_site());
  HierarchicalCacheManager& manager = cache->manager();
  const auto content = content_of(1, 100 * 100 * 2);
  const TensorView tensor{.meta = {.shape = {100, 100}, .dtype = DType::kF16}, .data = content};
  CHECK(manager.put_tensor(tensor, "example_tensor"));
  const auto found = manager.get_tensor("example_tensor");
  REQUIRE(found.has_value());
  CHECK(found->served() == Level::kL1);
  CHECK(testing::RealCache::bytes_of(*found) == content);
  { const auto buffer = manager.acquire_tensor({100, 100}, DType::kF16); }
  const auto buffer = manager.get_tensor({100, 100}, DType::kF16);
  REQUIRE(buffer.has_value());
  CHECK(buffer->level() == Level::kL2);
  CHECK(buffer->bytes().size() == 20'000);
}

TEST_CASE("tensors go by size, and come back whole from every level") {
  const auto cache = make_hierarchical_cache(small_config(), quick_site());
  HierarchicalCacheManager& manager = cache->manager();
  const std::pair<std::uint64_t, Level> cases[] = {
      {100'000, Level::kL1}, {2 << 20, Level::kL2}, {10 << 20, Level::kL3}};  // the last: too large for L2
  for (const auto& [bytes, level] : cases) {
    const auto content = content_of(bytes, bytes);
    const std::string name = std::to_string(bytes);
    REQUIRE(manager.put_tensor(view_of(content), name));
    const auto found = manager.get_tensor(name);
    REQUIRE(found.has_value());
    CHECK(found->served() == level);
    CHECK(testing::RealCache::bytes_of(*found) == content);
  }
  CHECK(cache->plane(Level::kL1).medium() == hardware::Medium::kDevice);
  CHECK(cache->plane(Level::kL2).medium() == hardware::Medium::kHost);
  CHECK(cache->plane(Level::kL3).medium() == hardware::Medium::kSsd);
}

TEST_CASE("with compression the store takes less than the bytes; with a directory it is kept") {
  const testing::TempDir folder;
  const std::vector<std::byte> plain(4 << 20, std::byte{7});
  CacheConfig config = small_config();
  config.l1_cache_size = config.l2_cache_size = Bytes{1};
  for (const bool compression : {false, true}) {
    config.l3_compression = compression;
    const CacheSite site = quick_site(folder / (compression ? "packed" : "plain"));
    {
      const auto cache = make_hierarchical_cache(config, site);
      REQUIRE(cache->manager().put_tensor(view_of(plain), "x"));
      cache->manager().drain();
      const Bytes written = cache->plane(Level::kL3).stats().bytes_written;
      CHECK((written < Bytes{plain.size() / 10}) == compression);
    }
    const auto next = make_hierarchical_cache(config, site);
    CHECK(next->adopted() == 1);
    const auto found = next->manager().get_tensor("x");
    REQUIRE(found.has_value());
    CHECK(testing::RealCache::bytes_of(*found) == plain);
  }
}

TEST_CASE("a senseless field is refused before anything is made") {
  CacheConfig config = small_config();
  config.l2_eviction_policy = "lur";
  CHECK_THROWS_AS(static_cast<void>(make_hierarchical_cache(config, quick_site())), Error);
}

}  // namespace
}  // namespace cachebench::cache
