// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cache/decision_engine.h"
#include "core/units.h"

/// The configuration of the hierarchical cache as its source document names it: thirteen plain fields with
/// the document's values as defaults. A value; thread-safe to read. engine_options turns it into the tiers
/// and the migration policy of the engine, and throws Error{kUsage} naming the field that makes no sense.
namespace cachebench::cache {

struct CacheConfig {
  Bytes l1_cache_size = kMiB * 512;  ///< device memory
  Bytes l2_cache_size = kGiB;        ///< host memory
  Bytes l3_cache_size = kGiB * 4;    ///< SSD
  std::string l1_eviction_policy = "lru";
  std::string l2_eviction_policy = "lru";
  std::string l3_eviction_policy = "fifo";
  bool l2_pin_memory = true;                          ///< for whoever makes the host plane: page-lock it
  bool l3_compression = true;                         ///< for whoever makes the SSD plane: compress records
  std::uint32_t migration_threshold_high_freq = 4;    ///< accesses in the window that move to L1
  std::uint32_t migration_threshold_medium_freq = 2;  ///< that move from L3 to L2
  double migration_time_threshold = 600.0;            ///< seconds idle that move to L3
  std::uint32_t prediction_window = 200;              ///< accesses
  double prediction_threshold = 0.7;                  ///< probability of reuse that moves one tier up
  bool operator==(const CacheConfig&) const = default;
};

/// Tiers L1 (device), L2 (host), L3 (SSD), and migration `seed-threshold` with the thresholds of the config.
[[nodiscard]] EngineOptions engine_options(const CacheConfig& config, std::uint64_t seed = 1);

}  // namespace cachebench::cache
