// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What no policy can pass, to stand beside what one reached, and what became of prefetched bytes. Values
/// that own what they hold: copy freely, thread-compatible. Shares that depend on what a policy reached are
/// derived from its totals, so they cannot disagree with the counts; one without a denominator is absent.
namespace cachebench::result {

struct Totals;

/// All of the measured part of a run, its warm-up apart. Times are modelled.
struct Bounds {
  std::string method;  ///< of `saved_ns`: "tiered", "tiered-prefetch", "pfoo-l", …; "" where there is none
  std::uint64_t compulsory_misses = 0;              ///< first accesses: no cache of any size avoids them
  std::optional<std::int64_t> infinite_saved_ns{};  ///< by a first tier that holds everything
  std::optional<std::int64_t> saved_ns{};           ///< at most, with these capacities
  std::optional<std::uint64_t> belady_misses{};     ///< single tier, plain objects of one size
  /// By tier: what another byte of it adds to `saved_ns`, to first order. 0: its size does not bind.
  std::map<std::string, double> worth_ns_per_byte{};
  std::vector<std::string> notes{};  ///< what loosens the bound here, one line each

  /// (hits + covered) / (accesses - compulsory misses).
  [[nodiscard]] std::optional<double> reachable_ratio(const Totals& totals) const;
  /// (bound - reached) / bound, in saved time. Absent where the bound is not above 0.
  [[nodiscard]] std::optional<double> regret_ratio(const Totals& totals) const;
  bool operator==(const Bounds&) const = default;
};

struct PrefetchAmount {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  bool operator==(const PrefetchAmount&) const = default;
};

/// Every prefetch that was issued ends as one of the others.
struct Prefetch {
  PrefetchAmount issued;
  PrefetchAmount used;            ///< hit where it was brought, in time
  PrefetchAmount late;            ///< asked for before it had arrived
  PrefetchAmount evicted_unused;  ///< gone before anyone asked, or never asked for until the end
  PrefetchAmount cancelled;
  PrefetchAmount no_space;
  PrefetchAmount corrupt;
  bool operator==(const Prefetch&) const = default;
};
/// How a prefetch can end, by name, in the order of the document.
inline constexpr std::array<std::pair<const char*, PrefetchAmount Prefetch::*>, 6> kPrefetchEnds{{
    {"used", &Prefetch::used},
    {"late", &Prefetch::late},
    {"evicted_unused", &Prefetch::evicted_unused},
    {"cancelled", &Prefetch::cancelled},
    {"no_space", &Prefetch::no_space},
    {"corrupt", &Prefetch::corrupt},
}};

}  // namespace cachebench::result
