// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/run/lookup_class.h"
#include "cache/counters.h"
#include "core/histogram.h"
#include "result/compression.h"

/// What a replay measures beside the cache's own counts. Plain values; workers have one each, merged at the
/// end.
namespace cachebench::bench {

/// Service time in all by tier and kind, predicted beside measured: sums are those of expected means.
struct ServiceSum {
  std::uint64_t count = 0;
  std::int64_t predicted_ns = 0;
  std::int64_t measured_ns = 0;
};

/// Row of misses in tables that are indexed by tier.
inline constexpr std::size_t kMissRow = kMaxTiers;

struct Measurements {
  std::array<Histogram, kMaxTiers + 1> service;  ///< by the tier that served; the last are misses
  Histogram request;                             ///< from the planned start (open loop) or the actual one
  Histogram request_service;                     ///< from the actual start
  Histogram lag;                                 ///< actual minus planned start, open loop
  Histogram put;                                 ///< real runs: offering one computed entry
  std::array<std::array<ServiceSum, kArtefactKinds>, kMaxTiers + 1> checks{};
  std::array<Histogram, kLookupClasses> lookups;  ///< real runs: of hits, where one class is theirs
  Histogram first_read;  ///< real runs: of the hits that were first of their request to read the drive
  // The same accesses by tier, as distributions.
  std::array<Histogram, kMaxTiers> predicted_service;
  std::array<Histogram, kMaxTiers> measured_service;
  std::array<result::MeasuredHashing, kArtefactKinds> hashed{};  ///< real runs: a part of the contents
  std::uint64_t requests = 0;
  std::uint64_t verified_bytes = 0;
  std::uint64_t wrong_bytes = 0;

  void merge(const Measurements& other);
};

/// A sample of the cache's counters during a run.
struct Sample {
  Nanoseconds at{0};           ///< on the run's own time line
  std::uint64_t requests = 0;  ///< started so far
  bool warmup = false;         ///< the interval before it was warm-up
  bool warmup_end = false;     ///< counting starts anew after it
  cache::CacheCounters counters;
  std::vector<Bytes> capacities{};  ///< of the tiers, where they change
};

/// What a driver hands back.
struct ReplayOutcome {
  Measurements measured;
  std::vector<Sample> samples;
  cache::CacheCounters warmup;
  std::uint64_t warmup_requests = 0;
  std::uint64_t failed = 0;  ///< of the measured requests, with an error
  bool warmup_finished = true;
  Nanoseconds warmup_elapsed{0};
  Nanoseconds elapsed{0};           ///< wall time of the measured part
  Nanoseconds modelled_elapsed{0};  ///< virtual time of the measured part, simulations
  bool stopped = false;             ///< ended before the trace did
};

}  // namespace cachebench::bench
