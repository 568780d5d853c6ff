// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// How many hits an access to the cache's future a resident is worth, learnt from what became of others of
/// its class at its age: the model behind least-hit-density eviction (Beckmann, Chen, Cidon 2018). Ages are
/// accesses since the last use, coarsened by a shift that adapts to the number of residents; a class is a
/// band of past ages. Counts fade by a tenth every kPeriod accesses, when densities are computed anew.
/// Owned by one policy; one thread; single precision without libm, the same on every machine. 3.8 MB.
namespace cachebench::policy {

class HitDensity {
 public:
  static constexpr std::uint32_t kAges = 20'000;
  static constexpr std::uint32_t kOldest = kAges - 1;  ///< this age and all beyond
  static constexpr std::uint32_t kClasses = 16;
  static constexpr std::uint64_t kPeriod = std::uint64_t{1} << 20;
  /// Density at kOldest: below all others, whatever positive number up to 1e12 multiplies it.
  static constexpr float kHopeless = -1e25F;

  HitDensity();

  /// Age of what was used `elapsed` accesses ago.
  [[nodiscard]] std::uint32_t age(std::uint64_t elapsed) const {
    const std::uint64_t coarse = elapsed >> shift_;
    return coarse < kOldest ? static_cast<std::uint32_t>(coarse) : kOldest;
  }
  /// Class of an entry by the sum of its last two ages at hits: about log2(kAges / sum), new ones 0.
  [[nodiscard]] static std::uint8_t class_of(std::uint32_t sum);
  /// Expected hits per access of a resident's remaining time.
  [[nodiscard]] float density(std::uint32_t klass, std::uint32_t age) const {
    return densities_[klass * kAges + age];
  }

  void count_hit(std::uint32_t klass, std::uint32_t age) { hits_[klass * kAges + age] += 1; }
  void count_eviction(std::uint32_t klass, std::uint32_t age) { evictions_[klass * kAges + age] += 1; }
  /// One more access; `residents` are those of now.
  void advance(std::size_t residents) {
    if (--until_update_ == 0) update(residents);
  }
  /// How often densities were computed.
  [[nodiscard]] std::uint32_t updates() const { return updates_; }

 private:
  void update(std::size_t residents);
  void fade();
  void adapt_shift(std::size_t residents);
  void compute_densities();

  std::vector<float> hits_;       // by class and age
  std::vector<float> evictions_;  // likewise
  std::vector<float> densities_;  // likewise
  std::uint64_t until_update_ = kPeriod;
  std::uint32_t updates_ = 0;
  std::uint32_t shift_ = 10;
  float mean_residents_ = 0;  // sum and weight of a fading mean
  float mean_weight_ = 0;
};

}  // namespace cachebench::policy
