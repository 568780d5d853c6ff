// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/make_cache.h"

/// The three levels of the source document as caches of their own, by the document's names: one plane each,
/// one eviction policy, put and get by key. A handle pins what it reads; a put replaces what the key stood
/// for, and is refused while somebody reads that or when the tensor is larger than the cache. Thread-safe.
/// Construction throws as make_hierarchical_cache does.
namespace cachebench::cache {

/// What the three have in common; used through them.
class LevelCache {
 public:
  [[nodiscard]] bool put(TensorView tensor, std::string_view key) {
    return manager().put_tensor(tensor, key);
  }
  [[nodiscard]] std::optional<TensorHandle> get(std::string_view key) { return manager().get_tensor(key); }
  /// False when the key is not there, or read by somebody.
  bool remove(std::string_view key);
  [[nodiscard]] Bytes capacity() const { return capacity_; }
  [[nodiscard]] Bytes used() const;
  [[nodiscard]] CacheStatistics statistics() const { return cache_->manager().statistics(); }
  /// Blocks until everything put has reached its medium.
  void flush() { manager().drain(); }

 protected:
  LevelCache(TierOptions tier, std::unique_ptr<tier::Plane> plane, const CacheSite& site,
             double stored_ratio);
  ~LevelCache() = default;
  [[nodiscard]] HierarchicalCacheManager& manager() { return cache_->manager(); }
  [[nodiscard]] std::size_t adopted() const { return cache_->adopted(); }

 private:
  Bytes capacity_;
  std::unique_ptr<HierarchicalCache> cache_;
};

/// Device memory (emulated where there is none).
class L1GPUCache final : public LevelCache {
 public:
  L1GPUCache(Bytes capacity, const std::string& eviction_policy, const CacheSite& site);
};

/// Host memory, page-locked on request and where the limits allow it.
class L2CPUCache final : public LevelCache {
 public:
  enum class PinMemory : std::uint8_t { kOff, kOn };
  L2CPUCache(Bytes capacity, const std::string& eviction_policy, PinMemory pin, const CacheSite& site);
};

/// Checksummed records on an SSD, compressed on request. With a directory it survives the process.
class L3SSDCache final : public LevelCache {
 public:
  enum class Compression : std::uint8_t { kOff, kOn };
  L3SSDCache(Bytes capacity, const std::string& eviction_policy, Compression compression,
             const CacheSite& site);
  /// Entries that an earlier process left.
  [[nodiscard]] std::size_t recovered() const { return adopted(); }
};

}  // namespace cachebench::cache
