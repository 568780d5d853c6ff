// SPDX-License-Identifier: Apache-2.0
#include "policy/hit_density.h"

#include <algorithm>
#include <bit>
#include <span>

namespace cachebench::policy {
namespace {

constexpr float kFade = 0.9F;
constexpr float kAgesPerResident = 0.01F * HitDensity::kAges;  // an age's share of a lifetime is the error
constexpr float kFewest = 1e-5F;                               // events; below, nothing is known

// The distribution of ages when an age becomes 2^by times as long.
void compress(std::span<float> counts, std::uint32_t by) {
  const std::size_t kept = counts.size() >> by;
  for (std::size_t age = 0; age < kept; ++age) {
    float sum = 0;
    for (std::size_t i = 0; i < std::size_t{1} << by; ++i) sum += counts[(age << by) + i];
    counts[age] = sum;
  }
  for (std::size_t age = kept; age + 1 < counts.size(); ++age) counts[age] = 0;
}

// The same when it becomes 2^by times shorter: what was old becomes the oldest.
void stretch(std::span<float> counts, std::uint32_t by) {
  for (std::size_t age = counts.size() >> by; age + 1 < counts.size(); ++age) counts.back() += counts[age];
  for (std::size_t age = counts.size() - 1; age-- > 0;) {
    counts[age] = counts[age >> by] / static_cast<float>(std::uint64_t{1} << by);
  }
}

}  // namespace

HitDensity::HitDensity()
    : hits_(kClasses * kAges), evictions_(kClasses * kAges), densities_(kClasses * kAges) {
  // Before anything is known: the recently used first, and mildly what came back soon.
  // Classes count from kClasses, so that the age decides unless they are far apart.
  for (std::uint32_t klass = 0; klass < kClasses; ++klass) {
    float* const densities = &densities_[klass * kAges];
    for (std::uint32_t age = 0; age < kOldest; ++age) {
      densities[age] = static_cast<float>(klass + 1 + kClasses) / static_cast<float>(age + 1);
    }
    densities[kOldest] = kHopeless;
  }
}

std::uint8_t HitDensity::class_of(std::uint32_t sum) {
  if (sum == 0) return kClasses - 1;
  if (sum >= kAges) return 0;
  // Doublings until kAges is reached: to the same number of bits, and once more if that falls short.
  const auto doublings =
      static_cast<unsigned>(std::bit_width(kAges)) - static_cast<unsigned>(std::bit_width(sum));
  const unsigned more = sum << doublings < kAges ? 1 : 0;
  return static_cast<std::uint8_t>(std::min(doublings + more, kClasses - 1));
}

void HitDensity::update(std::size_t residents) {
  fade();
  adapt_shift(residents);
  compute_densities();
  until_update_ = kPeriod;
  ++updates_;
}

void HitDensity::fade() {
  for (float& count : hits_) count *= kFade;
  for (float& count : evictions_) count *= kFade;
}

// The right order of magnitude is enough, so it is set twice: soon after the start and once later.
void HitDensity::adapt_shift(std::size_t residents) {
  mean_residents_ = mean_residents_ * kFade + static_cast<float>(residents);
  mean_weight_ = mean_weight_ * kFade + 1;
  if (updates_ != 5 && updates_ != 25) return;
  const float wanted = mean_residents_ / mean_weight_ / kAgesPerResident;
  std::uint32_t shift = 1;
  while (static_cast<float>(std::uint64_t{1} << shift) < wanted) ++shift;
  mean_residents_ *= 8;  // so that the later setting has this one's weight
  mean_weight_ *= 8;
  for (std::uint32_t klass = 0; klass < kClasses; ++klass) {
    for (std::vector<float>* counts : {&hits_, &evictions_}) {
      const std::span<float> ages(counts->data() + klass * kAges, kAges);
      if (shift > shift_) compress(ages, shift - shift_);
      if (shift < shift_) stretch(ages, shift_ - shift);
    }
  }
  shift_ = shift;
}

// Hits to come over time to stay, both summed over all later ages: one pass from the oldest.
void HitDensity::compute_densities() {
  for (std::uint32_t klass = 0; klass < kClasses; ++klass) {
    const std::size_t first = klass * kAges;
    float hits = hits_[first + kOldest];
    float events = hits + evictions_[first + kOldest];
    float lifetime = events;
    for (std::size_t at = first + kOldest; at-- > first;) {
      hits += hits_[at];
      events += hits_[at] + evictions_[at];
      lifetime += events;
      densities_[at] = events > kFewest ? hits / lifetime : 0;
    }
  }
}

}  // namespace cachebench::policy
