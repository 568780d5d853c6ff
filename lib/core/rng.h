// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Seeded random numbers that are the same on every machine: integer arithmetic only, no <random>
/// distributions (their algorithms differ between standard libraries).
namespace cachebench {

/// One step of SplitMix64 (Steele, Lea, Flood 2014): a bijective mix, good for seeding and hashing counters.
[[nodiscard]] constexpr std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// xoshiro256** 1.0 (Blackman, Vigna 2018). Thread-compatible; one per stream of decisions.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);
  /// 64 uniform bits.
  std::uint64_t next();
  /// Uniform in [0, bound); `bound` > 0. Unbiased (Lemire 2019).
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1), 53 bits.
  double uniform();

 private:
  std::uint64_t state_[4];
};

}  // namespace cachebench
