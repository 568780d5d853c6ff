// SPDX-License-Identifier: Apache-2.0
#include "cache/make_cache.h"

#include <utility>

#include "cache/compression/encoded_tensor.h"
#include "core/check.h"
#include "tier/device/device_plane.h"
#include "tier/host/host_plane.h"
#include "tier/ssd/ssd_plane.h"

namespace cachebench::cache {

HierarchicalCache::HierarchicalCache(const EngineOptions& options, hardware::CostModel costs,
                                     std::vector<std::unique_ptr<tier::Plane>> planes, const CacheSite& site)
    : costs_(std::move(costs)), planes_(std::move(planes)) {
  CACHEBENCH_CHECK(planes_.size() == options.tiers.size(), "{} planes for {} tiers", planes_.size(),
                   options.tiers.size());
  std::vector<tier::Plane*> borrowed;
  for (const auto& plane : planes_) borrowed.push_back(plane.get());
  auto movers = std::make_unique<Movers>(borrowed, Movers::Options{.threads = site.mover_threads});
  movers_ = movers.get();
  manager_ = std::make_unique<HierarchicalCacheManager>(options, costs_, std::move(movers), site.clock);
  for (std::size_t i = 0; i < borrowed.size(); ++i)
    adopted_ += manager_->adopt(level_at(i), *borrowed[i], movers_->gate(level_at(i)));
}

std::unique_ptr<tier::Plane> make_l1_plane(Bytes capacity, const CacheSite& site) {
  if (site.device != nullptr) return tier::make_device_plane({.capacity = capacity}, site.device);
  tier::EmulatedDeviceOptions device;
  device.decoder = decode;
  device.h2d = site.profile.h2d;
  device.d2h = site.profile.d2h;
  device.throttle = site.throttle;
  return tier::make_device_plane({.capacity = capacity}, tier::make_emulated_device(device));
}

std::unique_ptr<tier::Plane> make_l2_plane(Bytes capacity, bool pin_memory,
                                           const std::shared_ptr<tier::PinnedMemory>& pinned) {
  const tier::PageLock lock = pin_memory ? tier::PageLock::kTry : tier::PageLock::kOff;
  return tier::make_host_plane({.capacity = capacity, .lock = lock, .pinned = pinned});
}

std::unique_ptr<tier::Plane> make_l3_plane(Bytes capacity, bool compression, const CacheSite& site) {
  tier::SsdOptions options;
  options.directory = site.directory;
  options.capacity = capacity;
  options.codec = compression ? site.l3_codec : "none";
  options.keep = site.keep && !site.directory.empty();
  return tier::make_ssd_plane(std::move(options));
}

std::unique_ptr<HierarchicalCache> make_hierarchical_cache(const CacheConfig& config, const CacheSite& site) {
  const EngineOptions options = engine_options(config, site.seed);  // complains before anything is allocated
  std::vector<std::unique_ptr<tier::Plane>> planes;
  planes.push_back(make_l1_plane(config.l1_cache_size, site));
  const bool is_lent = config.l2_pin_memory && site.device != nullptr;
  planes.push_back(make_l2_plane(config.l2_cache_size, config.l2_pin_memory,
                                 is_lent ? site.device->pinned_memory() : nullptr));
  planes.push_back(make_l3_plane(config.l3_cache_size, config.l3_compression, site));
  hardware::CostModel costs(site.profile, config.l3_compression ? site.stored_ratio : 1.0);
  return std::make_unique<HierarchicalCache>(options, std::move(costs), std::move(planes), site);
}

}  // namespace cachebench::cache
