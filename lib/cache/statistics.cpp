// SPDX-License-Identifier: Apache-2.0
#include "cache/statistics.h"

#include <fmt/format.h>

#include <iterator>

namespace cachebench::cache {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double CacheStatistics::hit_ratio() const {
  return share(counters.hits, counters.hits + counters.misses);
}

double CacheStatistics::served_ratio() const {
  return share(counters.hits + counters.covered, counters.accesses);
}

double CacheStatistics::tier_hit_ratio(std::size_t tier) const {
  return share(counters.tiers[tier].hits, counters.tiers[tier].accesses);
}

double CacheStatistics::utilisation(std::size_t tier) const {
  return share(counters.tiers[tier].used.value, tiers[tier].capacity.value);
}

double CacheStatistics::reuse_ratio() const {
  return share(pool.reused, pool.acquired);
}

std::string describe(const CacheStatistics& statistics) {
  const CacheCounters& counted = statistics.counters;
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{} accesses, {} hits ({:.1f}%), {} misses\n", counted.accesses, counted.hits,
                 100 * statistics.hit_ratio(), counted.misses);
  for (std::size_t i = 0; i < statistics.tiers.size(); ++i) {
    const TierCounters& tier = counted.tiers[i];
    fmt::format_to(out, "{}: {} of {} ({:.1f}%), {} hits, {} evictions, {} in from above, {} from below\n",
                   statistics.tiers[i].name, format_bytes(tier.used),
                   format_bytes(statistics.tiers[i].capacity), 100 * statistics.utilisation(i), tier.hits,
                   tier.evictions, tier.demotions_in, tier.promotions_in);
  }
  if (statistics.pool.acquired > 0) {
    fmt::format_to(out, "tensors: {} handed out, {:.1f}% of them reused\n", statistics.pool.acquired,
                   100 * statistics.reuse_ratio());
  }
  if (statistics.transfers.failures > 0) {
    fmt::format_to(out, "{} transfers failed, the first: {}\n", statistics.transfers.failures,
                   statistics.transfers.first_failure);
  }
  return text;
}

}  // namespace cachebench::cache
