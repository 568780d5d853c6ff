// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "cache/make_cache.h"
#include "hardware/profile.h"

/// A cache of one tier in host memory, for tests.
namespace cachebench::pipeline {

inline std::unique_ptr<cache::HierarchicalCache> small_cache(Bytes capacity) {
  cache::EngineOptions options;
  cache::TierOptions tier;
  tier.name = "memory";
  tier.medium = hardware::Medium::kHost;
  tier.capacity = capacity;
  options.tiers.push_back(tier);
  options.migration.name = "none";
  cache::CacheSite site;
  site.profile = hardware::find_profile(hardware::kDefaultProfile);
  std::vector<std::unique_ptr<tier::Plane>> planes;
  planes.push_back(cache::make_l2_plane(capacity, false));
  return std::make_unique<cache::HierarchicalCache>(options, hardware::CostModel(site.profile, 1.0),
                                                    std::move(planes), site);
}

}  // namespace cachebench::pipeline
