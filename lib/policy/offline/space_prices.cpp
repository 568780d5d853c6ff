// SPDX-License-Identifier: Apache-2.0
#include "policy/offline/space_prices.h"

#include <algorithm>

namespace cachebench::policy {

Stretches::Stretches(std::uint32_t steps, std::size_t most) : steps_(steps) {
  while ((static_cast<std::size_t>(steps) >> shift_) >= most) ++shift_;
  count_ = of(steps) + 1;
}

double Stretches::length(std::size_t stretch) const {
  const std::size_t end = std::min<std::size_t>((stretch + 1) << shift_, steps_);
  const std::size_t begin = stretch << shift_;
  return end > begin ? static_cast<double>(end - begin) : 0.0;
}

SpacePrices::SpacePrices(const Stretches& stretches, std::size_t tiers)
    : stretches_(stretches), tiers_(tiers) {
  for (std::size_t t = 0; t < tiers; ++t) {
    for (auto* column : {&own_[t], &at_[t], &before_[t]}) column->assign(stretches.count(), 0.0);
  }
}

void SpacePrices::settle() {
  for (std::size_t t = tiers_; t-- > 0;) {
    double sum = 0;
    for (std::size_t s = 0; s < stretches_.count(); ++s) {
      at_[t][s] = own_[t][s] + (t + 1 < tiers_ ? at_[t + 1][s] : 0.0);
      before_[t][s] = sum;
      sum += at_[t][s] * stretches_.length(s);
    }
  }
}

double SpacePrices::whole(std::size_t tier) const {
  double sum = 0;
  for (std::size_t s = 0; s < stretches_.count(); ++s) sum += at_[tier][s] * stretches_.length(s);
  return sum;
}

SpaceDemand::SpaceDemand(const Stretches& stretches, std::size_t tiers)
    : stretches_(stretches), tiers_(tiers) {
  clear();
}

void SpaceDemand::clear() {
  for (std::size_t t = 0; t < tiers_; ++t) {
    area_[t].assign(stretches_.count(), 0.0);
    full_[t].assign(stretches_.count() + 1, 0.0);
  }
}

void SpaceDemand::add(std::size_t tier, std::uint32_t from, std::uint32_t to, double bytes) {
  const std::size_t first = stretches_.of(from);
  const std::size_t last = stretches_.of(to);
  if (first == last) {
    area_[tier][first] += bytes * static_cast<double>(to - from);
    return;
  }
  area_[tier][first] += bytes * (stretches_.begin(first + 1) - static_cast<double>(from));
  area_[tier][last] += bytes * (static_cast<double>(to) - stretches_.begin(last));
  full_[tier][first + 1] += bytes;
  full_[tier][last] -= bytes;
}

void SpaceDemand::settle() {
  for (std::size_t t = 0; t < tiers_; ++t) {
    double bytes = 0;
    for (std::size_t s = 0; s < stretches_.count(); ++s) {
      bytes += full_[t][s];
      area_[t][s] += bytes * stretches_.length(s);
    }
  }
}

}  // namespace cachebench::policy
