// SPDX-License-Identifier: Apache-2.0
#include "cache/qwen3vl_hierarchical_cache_adapter.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "cache/cache_fixtures.h"
#include "cache/make_cache.h"
#include "core/error.h"

namespace cachebench::cache {
namespace {

std::unique_ptr<HierarchicalCache> cache_of(Bytes l1, Bytes l2) {
  CacheConfig config;
  config.l1_cache_size = l1;
  config.l2_cache_size = l2;
  config.l3_cache_size = kMiB * 32;
  CacheSite site;
  site.profile = testing::round_costs().profile();
  site.throttle = tier::Throttle::kOff;
  return make_hierarchical_cache(config, site);
}

TEST_CASE("the document's example: attention weights, keys and values, embeddings") {
  const auto cache = cache_of(kMiB, kMiB * 8);
  HierarchicalCacheIntegration integration(cache->manager());
  Qwen3VLHierarchicalCacheAdapter adapter(integration);
  CHECK(adapter.allocate_attention_weights(2, 8, 512, 64).meta ==
        TensorMeta{.shape = {2, 8, 512, 64}, .dtype = DType::kBF16});
  CHECK(adapter.allocate_kv_cache(1, 16, 1024, 128).meta ==
        TensorMeta{.shape = {2, 1, 16, 1024, 128}, .dtype = DType::kBF16});
  CHECK(adapter.allocate_image_embeddings(1, 256, 2048).view().data.size() == 1 << 20);
  CHECK_THROWS_AS(static_cast<void>(adapter.allocate_kv_cache(1, 0, 1024, 128)), Error);
  CHECK_THROWS_AS(static_cast<void>(adapter.allocate_attention_weights(1, -2, 3, 4)), Error);
}

TEST_CASE("embeddings come back whole from any tier, without a copy where the host sees them") {
  for (const bool host : {true, false}) {
    const auto cache = host ? cache_of(Bytes{1}, kMiB * 8) : cache_of(Bytes{1}, Bytes{1});
    HierarchicalCacheIntegration integration(cache->manager());
    Qwen3VLHierarchicalCacheAdapter adapter(integration, DType::kF32);
    const TensorBuffer embeddings = adapter.allocate_image_embeddings(1, 64, 128);
    const auto content = testing::content_of(3, 64 * 128 * 4);
    std::copy(content.begin(), content.end(), embeddings.data.get());
    REQUIRE(adapter.cache_image_embeddings(embeddings, "picture"));
    cache->manager().drain();
    const std::uint64_t before = integration.stats().fresh + integration.stats().reused;
    const auto back = adapter.cached_image_embeddings("picture");
    REQUIRE(back.has_value());
    CHECK(back->meta() == embeddings.meta);
    CHECK(std::equal(content.begin(), content.end(), back->view().data.begin()));
    const std::uint64_t buffers = integration.stats().fresh + integration.stats().reused - before;
    CHECK(buffers == (host ? 0U : 1U));
    CHECK_FALSE(adapter.cached_image_embeddings("another").has_value());
  }
}

}  // namespace
}  // namespace cachebench::cache
