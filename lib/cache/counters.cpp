// SPDX-License-Identifier: Apache-2.0
#include "cache/counters.h"

namespace cachebench::cache {

void CacheCounters::reset() {
  CacheCounters fresh;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    fresh.tiers[i].used = tiers[i].used;
    fresh.tiers[i].peak = tiers[i].used;
  }
  *this = fresh;
}

}  // namespace cachebench::cache
