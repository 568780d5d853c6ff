// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/multimodal_statistics.h"

namespace cachebench::cache {
namespace {

void add_to(EntryTypeStatistics& sum, const KindCounters& counted) {
  sum.accesses += counted.accesses;
  sum.exact += counted.hits - counted.similar_hits;
  sum.similar += counted.similar_hits;
  sum.covered += counted.covered;
  sum.misses += counted.misses;
  sum.expired += counted.expired;
  sum.saved_ns += counted.saved_ns;
  sum.compressed += counted.compressed;
  sum.plain += counted.bytes_plain;
  sum.stored += counted.bytes_compressed;
}

}  // namespace

std::optional<double> EntryTypeStatistics::hit_ratio() const {
  const std::uint64_t asked = exact + similar + misses;
  if (asked == 0) return std::nullopt;
  return static_cast<double>(exact + similar) / static_cast<double>(asked);
}

std::optional<double> EntryTypeStatistics::memory_reduction() const {
  if (plain.value == 0) return std::nullopt;
  return 1.0 - static_cast<double>(stored.value) / static_cast<double>(plain.value);
}

void MultimodalStatistics::add(const CacheCounters& counters) {
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    add_to(kinds[kind], counters.kinds[kind]);
    add_to(all, counters.kinds[kind]);
  }
  for (const TierCounters& tier : counters.tiers) {
    used += tier.used;
    evictions += tier.evictions;
  }
}

}  // namespace cachebench::cache
