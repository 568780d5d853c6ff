// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/det_math.h"
#include "core/error.h"

namespace cachebench::pipeline {
namespace {

// The first of the largest.
std::size_t likeliest(std::span<const float> logits) {
  if (logits.empty()) throw Error(ErrorKind::kInternal, "the model gave no logits");
  std::size_t best = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i]) || logits[i] == HUGE_VALF)
      throw Error(ErrorKind::kInternal, fmt::format("the logit of token {} is {}", i, logits[i]));
    if (logits[i] > logits[best]) best = i;
  }
  if (std::isinf(logits[best])) throw Error(ErrorKind::kInternal, "the model rules out every token");
  return best;
}

}  // namespace

std::int64_t Sampler::pick(std::span<const float> logits) {
  const std::size_t best = likeliest(logits);
  // Below this, dividing by the temperature would leave the range of numbers: the limit is greedy anyway.
  constexpr double kColdest = 1e-6;
  if (options_.temperature < kColdest || options_.top_k == 1) return static_cast<std::int64_t>(best);
  return draw(logits);
}

std::int64_t Sampler::draw(std::span<const float> logits) {
  const double top = logits[likeliest(logits)];
  ranked_.clear();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isinf(logits[i])) continue;  // masked out
    const double weight = det::exp((logits[i] - top) / options_.temperature);
    ranked_.emplace_back(weight, static_cast<std::int64_t>(i));
  }
  const auto likelier = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  if (options_.top_k != 0 || options_.top_p < 1) std::sort(ranked_.begin(), ranked_.end(), likelier);
  if (options_.top_k != 0 && ranked_.size() > options_.top_k) ranked_.resize(options_.top_k);
  double mass = 0;
  for (const auto& [weight, id] : ranked_) mass += weight;
  if (options_.top_p < 1) {
    const double wanted = mass * options_.top_p;
    std::size_t kept = 0;
    for (mass = 0; kept < ranked_.size() && mass < wanted; ++kept) mass += ranked_[kept].first;
    ranked_.resize(kept);
  }
  double left = rng_.uniform() * mass;
  for (const auto& [weight, id] : ranked_) {
    if (left < weight) return id;
    left -= weight;
  }
  return ranked_.back().second;  // rounding
}

}  // namespace cachebench::pipeline
