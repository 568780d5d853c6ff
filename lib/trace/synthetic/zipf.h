// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/rng.h"
#include "trace/writer.h"

/// Zipf popularity: object k of n with probability proportional to 1/k^alpha, exactly but for the rounding of
/// the weights, by Walker's and Vose's alias table (12 bytes an object, O(1) a draw). The same draws on every
/// machine. Immutable, hence thread-safe.
namespace cachebench::trace {

class ZipfSampler {
 public:
  /// REQUIRES: 1 <= objects <= kMostObjects, alpha >= 0 and finite.
  ZipfSampler(std::uint64_t objects, double alpha);
  static constexpr std::uint64_t kMostObjects = 1ULL << 31;
  /// 1 to objects.
  std::uint64_t sample(Rng& rng) const {
    const std::uint64_t slot = rng.below(threshold_.size());
    return 1 + (rng.uniform() < threshold_[slot] ? slot : alias_[slot]);
  }

 private:
  std::vector<double> threshold_;
  std::vector<std::uint32_t> alias_;
};

/// A trace of independent draws: record i at second i / kZipfRecordsPerSecond, unit size, the object's number
/// as its key.
struct ZipfTrace {
  std::uint64_t records = 0;
  std::uint64_t objects = 0;
  double alpha = 0;
  std::uint64_t seed = 1;
};
inline constexpr std::uint64_t kZipfRecordsPerSecond = 1'000'000;
/// Throws Error{kUsage} for numbers that make no sense.
void generate_zipf(const ZipfTrace& trace, Writer& out);

}  // namespace cachebench::trace
