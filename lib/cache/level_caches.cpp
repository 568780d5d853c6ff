// SPDX-License-Identifier: Apache-2.0
#include "cache/level_caches.h"

#include <utility>

#include "core/hash.h"

namespace cachebench::cache {
namespace {

TierOptions tier_of(const char* name, hardware::Medium medium, Bytes capacity, const std::string& policy) {
  TierOptions tier;
  tier.name = name;
  tier.medium = medium;
  tier.capacity = capacity;
  tier.eviction = parse_named_parameters(policy);
  return tier;
}

}  // namespace

LevelCache::LevelCache(TierOptions tier, std::unique_ptr<tier::Plane> plane, const CacheSite& site,
                       double stored_ratio)
    : capacity_(tier.capacity) {
  EngineOptions options;
  options.tiers.push_back(std::move(tier));
  options.migration.name = "none";
  options.seed = site.seed;
  std::vector<std::unique_ptr<tier::Plane>> planes;
  planes.push_back(std::move(plane));
  cache_ = std::make_unique<HierarchicalCache>(options, hardware::CostModel(site.profile, stored_ratio),
                                               std::move(planes), site);
}

bool LevelCache::remove(std::string_view key) {
  return manager().erase(hash_key(key));
}

Bytes LevelCache::used() const {
  return cache_->manager().counters().tiers[0].used;
}

L1GPUCache::L1GPUCache(Bytes capacity, const std::string& eviction_policy, const CacheSite& site)
    : LevelCache(tier_of("L1", hardware::Medium::kDevice, capacity, eviction_policy),
                 make_l1_plane(capacity, site), site, 1.0) {}

L2CPUCache::L2CPUCache(Bytes capacity, const std::string& eviction_policy, PinMemory pin,
                       const CacheSite& site)
    : LevelCache(tier_of("L2", hardware::Medium::kHost, capacity, eviction_policy),
                 make_l2_plane(capacity, pin == PinMemory::kOn), site, 1.0) {}

L3SSDCache::L3SSDCache(Bytes capacity, const std::string& eviction_policy, Compression compression,
                       const CacheSite& site)
    : LevelCache(tier_of("L3", hardware::Medium::kSsd, capacity, eviction_policy),
                 make_l3_plane(capacity, compression == Compression::kOn, site), site,
                 compression == Compression::kOn ? site.stored_ratio : 1.0) {}

}  // namespace cachebench::cache
