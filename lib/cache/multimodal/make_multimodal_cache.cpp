// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/make_multimodal_cache.h"

#include <fmt/format.h>

#include <utility>

#include "cache/similarity/threshold.h"
#include "core/error.h"

namespace cachebench::cache {
namespace {

void require(bool sense, const char* field, double value, const char* accepted) {
  if (sense) return;
  throw Error(ErrorKind::kUsage, fmt::format("{}: {} is not {}", field, value, accepted));
}

std::unique_ptr<tier::Plane> plane_for(const TierOptions& tier, const CacheSite& site) {
  switch (tier.medium) {
    case hardware::Medium::kDevice:
      return make_l1_plane(tier.capacity, site);
    case hardware::Medium::kHost:
      return make_l2_plane(tier.capacity, false);
    case hardware::Medium::kSsd:
      break;
  }
  return make_l3_plane(tier.capacity, false, site);
}

}  // namespace

MultimodalSetup setup_of(const MultimodalCacheConfig& config) {
  const double size = config.intelligent_multimodal_cache_size_gb;
  constexpr double kMostGigabytes = 1 << 20;
  require(size > 0 && size <= kMostGigabytes, "intelligent_multimodal_cache_size_gb", size,
          "a size above 0 in GiB");
  const double ttl = config.intelligent_multimodal_cache_default_ttl;
  constexpr double kMostSeconds = 9e9;
  require(!config.intelligent_multimodal_cache_enable_ttl || (ttl >= 1e-9 && ttl <= kMostSeconds),
          "intelligent_multimodal_cache_default_ttl", ttl, "a time above 0 in seconds");
  check_threshold(config.intelligent_multimodal_cache_similarity_threshold);
  const double ratio = config.intelligent_multimodal_cache_compression_ratio;
  require(ratio > 0 && ratio <= 1, "intelligent_multimodal_cache_compression_ratio", ratio,
          "a ratio above 0 and at most 1");
  MultimodalSetup setup;
  setup.engine.tiers.push_back(
      {.name = "memory",
       .medium = hardware::Medium::kHost,
       .capacity = Bytes{static_cast<std::uint64_t>(size * static_cast<double>(kGiB.value))},
       .eviction = parse_named_parameters(config.intelligent_multimodal_cache_eviction_policy)});
  setup.engine.migration.name = "none";
  setup.engine.priorities = Priorities::kOn;
  if (config.intelligent_multimodal_cache_enable_ttl)
    setup.engine.default_ttl = Nanoseconds{static_cast<std::int64_t>(ttl * 1e9)};
  const bool similar = config.intelligent_multimodal_cache_enable_similarity;
  setup.cache.similarity = {.text = similar,
                            .image = similar,
                            .embedding = similar,
                            .threshold = config.intelligent_multimodal_cache_similarity_threshold};
  return setup;
}

OwnedMultimodalCache::OwnedMultimodalCache(const MultimodalSetup& setup, const CacheSite& site) {
  if (setup.shards == 0) throw Error(ErrorKind::kUsage, "a cache of 0 shards");
  std::vector<HierarchicalCacheManager*> managers;
  for (std::size_t number = 0; number < setup.shards; ++number) {
    EngineOptions engine = setup.engine;
    CacheSite place = site;
    if (setup.cache.clock != nullptr) place.clock = DecisionClock::kExternal;
    if (!site.directory.empty() && setup.shards > 1)
      place.directory = fmt::format("{}/shard-{}", site.directory, number);
    std::vector<std::unique_ptr<tier::Plane>> planes;
    for (TierOptions& tier : engine.tiers) {
      tier.capacity = Bytes{tier.capacity.value / setup.shards};
      planes.push_back(plane_for(tier, place));
    }
    engine.expected_entries = setup.engine.expected_entries / setup.shards;
    shards_.push_back(std::make_unique<HierarchicalCache>(engine, hardware::CostModel(place.profile, 1.0),
                                                          std::move(planes), place));
    managers.push_back(&shards_.back()->manager());
  }
  cache_ = std::make_unique<IntelligentMultimodalCache>(setup.cache, managers);
}

}  // namespace cachebench::cache
