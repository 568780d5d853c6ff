// SPDX-License-Identifier: Apache-2.0
#include "cache/hierarchical_cache_integration.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"
#include "cache/make_cache.h"

namespace cachebench::cache {
namespace {

struct Site {
  Site() {
    CacheConfig config;
    config.l1_cache_size = kMiB;
    config.l2_cache_size = kMiB * 8;
    config.l3_cache_size = kMiB * 32;
    CacheSite site;
    site.profile = testing::round_costs().profile();
    site.throttle = tier::Throttle::kOff;
    cache = make_hierarchical_cache(config, site);
  }
  std::unique_ptr<HierarchicalCache> cache;
};

using Source = TensorBuffer::Source;
const TensorMeta kMeta{.shape = {100, 50}, .dtype = DType::kF32};

TEST_CASE("buffers come from what is idle, then from the application's pool, then from the system") {
  const Site site;
  int room = 1;
  std::vector<std::byte> own(20'000);
  HierarchicalCacheIntegration integration(site.cache->manager(),
                                           [&](Bytes bytes) -> std::shared_ptr<std::byte> {
                                             CHECK(bytes == Bytes{20'000});
                                             if (room == 0) return nullptr;
                                             --room;
                                             return {own.data(), [&room](std::byte*) { ++room; }};
                                           });
  {
    const TensorBuffer first = integration.allocate(kMeta, ArtefactKind::kObject);
    CHECK(first.source == Source::kExisting);
    CHECK(first.data.get() == own.data());
    const TensorBuffer second = integration.allocate(kMeta, ArtefactKind::kObject);
    CHECK(second.source == Source::kFresh);
    CHECK(second.view().data.size() == 20'000);
  }
  CHECK(room == 1);
  const TensorBuffer third = integration.allocate(kMeta, ArtefactKind::kObject);
  CHECK(third.source == Source::kReused);
  CHECK(integration.stats().reused == 1);
  CHECK(integration.stats().existing == 1);
  CHECK(integration.stats().fresh == 1);
}

TEST_CASE("what a buffer is shared with keeps it from being reused") {
  const Site site;
  HierarchicalCacheIntegration integration(site.cache->manager());
  SharedTensor kept;
  const std::byte* address = nullptr;
  {
    const TensorBuffer buffer = integration.allocate(kMeta, ArtefactKind::kImage);
    address = buffer.data.get();
    kept = buffer.share();
  }
  CHECK(integration.allocate(kMeta, ArtefactKind::kImage).data.get() != address);
  CHECK(kept.meta() == kMeta);
  CHECK(static_cast<bool>(integration.allocate_bytes(Bytes{5})));
}

}  // namespace
}  // namespace cachebench::cache
