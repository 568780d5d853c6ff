// SPDX-License-Identifier: Apache-2.0
#include <doctest.h>

#include <string>
#include <vector>

#include "core/rng.h"
#include "policy/one_tier/replay.h"

// What every policy must do on one tier whatever its size: count the same when all sizes and the capacity are
// multiplied, and behave at capacities of nothing, one and two.

using namespace cachebench;
using namespace cachebench::policy;

namespace {

// Skewed accesses with scans in between; objects of `unit` bytes, or of 1 to `spread` times that.
AccessColumns columns_of(std::uint64_t unit, std::uint64_t spread) {
  AccessColumns columns;
  std::vector<std::uint32_t> number(2'000, 0xFFFFFFFFU);
  std::uint32_t numbered = 0;
  Rng rng(11);
  std::uint64_t scan = 0;
  for (int i = 0; i < 12'000; ++i) {
    const std::uint64_t key = rng.below(8) == 0 ? 1'000 + scan++ % 1'000 : rng.below(1 + rng.below(1'000));
    if (number[key] == 0xFFFFFFFFU) number[key] = numbered++;
    columns.append(number[key], unit * (1 + key * 31 % spread));
  }
  return columns;
}

std::uint64_t misses(const std::string& policy, const AccessColumns& columns, std::uint64_t capacity) {
  std::vector<std::uint32_t> next_uses;
  if (EvictionRegistry::instance().find(policy)->sees_future) next_uses = next_uses_of(columns);
  return replay_one_tier({.columns = columns, .capacity = Bytes{capacity}, .next_uses = next_uses},
                         {policy, {}}, 1)
      .misses;
}

}  // namespace

TEST_CASE("scaling all sizes and the capacity changes the misses of no policy that draws nothing") {
  for (const std::uint64_t spread : {1ULL, 13ULL}) {
    const AccessColumns plain = columns_of(1, spread);
    for (const std::uint64_t unit : {3ULL, 1'000ULL, 4'096ULL, 58'720'256ULL}) {
      const AccessColumns scaled = columns_of(unit, spread);
      for (const EvictionDescriptor& descriptor : EvictionRegistry::instance().items()) {
        if (descriptor.uses_profile || descriptor.random) continue;
        CAPTURE(descriptor.name);
        CAPTURE(spread);
        CAPTURE(unit);
        for (const std::uint64_t capacity : {1ULL, 2ULL, 37ULL, 305ULL, 600ULL}) {
          CAPTURE(capacity);
          CHECK(misses(descriptor.name, plain, capacity) == misses(descriptor.name, scaled, capacity * unit));
        }
      }
    }
  }
}

TEST_CASE("every policy behaves at capacities of nothing, one and two") {
  const AccessColumns columns = columns_of(1, 1);
  for (const EvictionDescriptor& descriptor : EvictionRegistry::instance().items()) {
    CAPTURE(descriptor.name);
    if (descriptor.sees_future) continue;  // a bound may ignore the capacity
    CHECK(misses(descriptor.name, columns, 0) == columns.accesses());
    for (const std::uint64_t capacity : {1ULL, 2ULL}) {
      const std::uint64_t missed = misses(descriptor.name, columns, capacity);
      CHECK(missed <= columns.accesses());
      CHECK(missed >= columns.objects());
    }
    CHECK(misses(descriptor.name, columns, columns.objects()) == columns.objects());
  }
}
