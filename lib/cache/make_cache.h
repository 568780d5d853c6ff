// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cache/cache_config.h"
#include "cache/hierarchical_cache_manager.h"
#include "cache/movers.h"
#include "hardware/profile.h"
#include "tier/device/emulated_device.h"
#include "tier/plane.h"

/// From a CacheConfig to a cache that holds bytes: device memory, page-locked host memory and an SSD store,
/// with the manager in front. Everything is owned here and goes in the right order. Thread-safe as the
/// manager is. Throws Error{kUsage} for a field that makes no sense and Error{kEnvironment} where memory or
/// disk cannot hold a tier.
namespace cachebench::cache {

/// Where a cache stands.
struct CacheSite {
  hardware::Profile profile;      ///< the links that the emulated device has, and the modelled costs
  std::string directory;          ///< of the SSD store; "": a temporary one, removed afterwards
  bool keep = true;               ///< with a directory: leave the store for the next process
  std::string l3_codec = "zstd";  ///< what l3_compression means
  double stored_ratio = 0.7;      ///< nominal size of an encoded record, for modelled costs
  tier::Throttle throttle = tier::Throttle::kOn;
  DecisionClock clock = DecisionClock::kServiceSum;
  std::size_t mover_threads = 2;  ///< each way
  std::uint64_t seed = 1;
  std::shared_ptr<tier::DeviceApi> device{};  ///< whose memory the first level is; null: emulated
};

class HierarchicalCache {
 public:
  /// What tests and other callers put together themselves: one plane a tier, fastest first.
  HierarchicalCache(const EngineOptions& options, hardware::CostModel costs,
                    std::vector<std::unique_ptr<tier::Plane>> planes, const CacheSite& site);

  [[nodiscard]] HierarchicalCacheManager& manager() { return *manager_; }
  [[nodiscard]] const HierarchicalCacheManager& manager() const { return *manager_; }
  [[nodiscard]] Movers& movers() { return *movers_; }
  [[nodiscard]] const hardware::CostModel& costs() const { return costs_; }
  [[nodiscard]] tier::Plane& plane(Level level) { return *planes_[index_of(level)]; }
  /// Entries that were found in the directory.
  [[nodiscard]] std::size_t adopted() const { return adopted_; }

 private:
  hardware::CostModel costs_;
  std::vector<std::unique_ptr<tier::Plane>> planes_;
  Movers* movers_ = nullptr;  // the manager's
  std::unique_ptr<HierarchicalCacheManager> manager_;
  std::size_t adopted_ = 0;
};

/// The cache of the thirteen fields.
[[nodiscard]] std::unique_ptr<HierarchicalCache> make_hierarchical_cache(const CacheConfig& config,
                                                                         const CacheSite& site);

// The planes of the three levels, as the factory makes them.
[[nodiscard]] std::unique_ptr<tier::Plane> make_l1_plane(Bytes capacity, const CacheSite& site);
/// `pinned`: a device's page-locked memory to take; null: locked by the system.
[[nodiscard]] std::unique_ptr<tier::Plane> make_l2_plane(
    Bytes capacity, bool pin_memory, const std::shared_ptr<tier::PinnedMemory>& pinned = nullptr);
[[nodiscard]] std::unique_ptr<tier::Plane> make_l3_plane(Bytes capacity, bool compression,
                                                         const CacheSite& site);

}  // namespace cachebench::cache
