// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cache/make_cache.h"
#include "core/clock.h"
#include "core/rng.h"
#include "hardware/profile.h"

/// A small cache with bytes in it, driven as a run drives one: a request looks up a few dozen entries, then
/// reads what was there and puts what was not, so that a look-up finds the processor's caches as it would
/// there. Owns the cache. Thread-compatible. Throws Error{kEnvironment} without memory.
namespace cachebench::bench {

struct LookupPolicies {
  std::string eviction = "lru";  ///< of the first tier
};

class LookupProbe {
 public:
  LookupProbe(hardware::Profile profile, const Clock& clock, const LookupPolicies& policies = {});

  /// Median time of a look-up that the first tier answers, over a few dozen requests.
  [[nodiscard]] Nanoseconds once();

 private:
  void request(std::vector<double>& times);
  [[nodiscard]] cache::EntryDescription entry(std::uint64_t number) const;

  const Clock& clock_;
  std::unique_ptr<cache::HierarchicalCache> cache_;
  std::vector<std::byte> content_;
  std::vector<std::byte> scratch_;
  std::vector<std::byte> between_;
  Rng rng_;
};

}  // namespace cachebench::bench
