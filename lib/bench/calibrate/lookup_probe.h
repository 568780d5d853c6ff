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

struct LookupTimes {
  Nanoseconds hit{0};        ///< of a look-up that the first tier answers
  Nanoseconds promotion{0};  ///< of one that the second answers, and that makes room above
};

class LookupProbe {
 public:
  LookupProbe(hardware::Profile profile, const Clock& clock, const LookupPolicies& policies = {});

  /// Medians over a few dozen requests.
  [[nodiscard]] LookupTimes once();

 private:
  struct Samples {
    std::vector<double> hits;
    std::vector<double> promotions;
  };
  void request(Samples& samples);
  [[nodiscard]] cache::EntryDescription entry(std::uint64_t number) const;

  const Clock& clock_;
  std::unique_ptr<cache::HierarchicalCache> cache_;
  std::vector<std::byte> content_;
  std::vector<std::byte> scratch_;
  std::vector<std::byte> between_;
  Rng rng_;
};

}  // namespace cachebench::bench
