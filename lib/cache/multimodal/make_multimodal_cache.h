// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "cache/make_cache.h"
#include "cache/multimodal/intelligent_multimodal_cache.h"

/// A multimodal cache with everything that it stands on: from the fields of the source document, or from
/// tiers put together by the caller, to managers with planes and the cache before them. The owner keeps all
/// of it in the right order; it is as thread-safe as the cache. Throws Error{kUsage} for a field that makes
/// no sense and Error{kEnvironment} where memory or disk cannot hold a tier.
namespace cachebench::cache {

/// The source document's nine fields, by its names and with values of its own kind.
struct MultimodalCacheConfig {
  bool enable_intelligent_multimodal_caching = true;
  double intelligent_multimodal_cache_size_gb = 1.0;
  std::string intelligent_multimodal_cache_eviction_policy = "lru";
  bool intelligent_multimodal_cache_enable_similarity = false;
  double intelligent_multimodal_cache_similarity_threshold = 0.9;
  bool intelligent_multimodal_cache_enable_ttl = false;
  double intelligent_multimodal_cache_default_ttl = 3600;  ///< seconds
  bool intelligent_multimodal_cache_enable_compression = false;
  double intelligent_multimodal_cache_compression_ratio = 0.5;
};

/// Engine and cache options of the fields: one tier of host memory of the given size. Compression is the
/// tiers' business and is not among them. Throws Error{kUsage} for a size, lifetime, threshold or ratio that
/// makes no sense.
struct MultimodalSetup {
  EngineOptions engine;
  MultimodalOptions cache;
  std::size_t shards = 1;
};
[[nodiscard]] MultimodalSetup setup_of(const MultimodalCacheConfig& config);

class OwnedMultimodalCache {
 public:
  /// Every capacity is divided by the number of shards, rounded down.
  OwnedMultimodalCache(const MultimodalSetup& setup, const CacheSite& site);
  [[nodiscard]] IntelligentMultimodalCache& operator*() { return *cache_; }
  [[nodiscard]] IntelligentMultimodalCache* operator->() { return cache_.get(); }
  [[nodiscard]] HierarchicalCache& tiers(std::size_t shard) { return *shards_[shard]; }

 private:
  std::vector<std::unique_ptr<HierarchicalCache>> shards_;
  std::unique_ptr<IntelligentMultimodalCache> cache_;  // goes first
};

}  // namespace cachebench::cache
