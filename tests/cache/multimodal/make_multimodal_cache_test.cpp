// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/make_multimodal_cache.h"

#include <doctest/doctest.h>

#include <limits>

#include "cache/multimodal/multimodal_fixtures.h"

namespace cachebench::cache {

TEST_CASE("the nine fields become tiers, lifetimes and likeness") {
  MultimodalCacheConfig config;
  config.intelligent_multimodal_cache_size_gb = 0.5;
  config.intelligent_multimodal_cache_eviction_policy = "predictive";
  const MultimodalSetup plain = setup_of(config);
  REQUIRE(plain.engine.tiers.size() == 1);
  CHECK(plain.engine.tiers[0].capacity == Bytes{512 * kMiB.value});
  CHECK(plain.engine.tiers[0].eviction.name == "predictive");
  CHECK(plain.engine.default_ttl.count() == 0);
  CHECK_FALSE(plain.cache.similarity.enabled());
  config.intelligent_multimodal_cache_enable_ttl = true;
  config.intelligent_multimodal_cache_default_ttl = 1.5;
  config.intelligent_multimodal_cache_enable_similarity = true;
  config.intelligent_multimodal_cache_similarity_threshold = 0.95;
  const MultimodalSetup all = setup_of(config);
  CHECK(all.engine.default_ttl == Nanoseconds{1'500'000'000});
  CHECK(all.cache.similarity.text);
  CHECK(all.cache.similarity.image);
  CHECK(all.cache.similarity.threshold == 0.95);
}

TEST_CASE("fields that make no sense are refused by name") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](auto change) {
    MultimodalCacheConfig config;
    config.intelligent_multimodal_cache_enable_ttl = true;
    change(config);
    CHECK_THROWS_AS((void)setup_of(config), Error);
  };
  for (const double size : {0.0, -1.0, nan, 1e12})
    refused([&](MultimodalCacheConfig& config) { config.intelligent_multimodal_cache_size_gb = size; });
  for (const double ttl : {0.0, -1.0, nan, 1e30})
    refused([&](MultimodalCacheConfig& config) { config.intelligent_multimodal_cache_default_ttl = ttl; });
  for (const double threshold : {-0.1, 1.1, nan})
    refused([&](MultimodalCacheConfig& config) {
      config.intelligent_multimodal_cache_similarity_threshold = threshold;
    });
  for (const double ratio : {0.0, 1.1, nan})
    refused([&](MultimodalCacheConfig& config) {
      config.intelligent_multimodal_cache_compression_ratio = ratio;
    });
  MultimodalCacheConfig config;
  config.intelligent_multimodal_cache_eviction_policy = "lur";
  CHECK_THROWS_AS(OwnedMultimodalCache(setup_of(config), testing::round_site()), Error);
  MultimodalSetup none = testing::setup_with({{1000}}, "none");
  none.shards = 0;
  CHECK_THROWS_AS(OwnedMultimodalCache(none, testing::round_site()), Error);
}

TEST_CASE("shards divide every capacity among them") {
  MultimodalSetup setup = testing::setup_with({{1000}, {3000}}, "demote-on-evict");
  setup.shards = 3;
  OwnedMultimodalCache cache(setup, testing::round_site());
  CHECK(cache->shards() == 3);
  CHECK(cache->capacity() == Bytes{3 * (333 + 1000)});
  CHECK(cache.tiers(2).manager().tiers()[1].capacity == Bytes{1000});
}

}  // namespace cachebench::cache
