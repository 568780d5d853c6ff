// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "cache/prefetch_rules.h"
#include "core/ids.h"
#include "core/parameters.h"
#include "core/units.h"
#include "hardware/cost.h"
#include "policy/prefetch.h"

/// The books of what is fetched ahead: when each fetch arrives by the decision clock, how long a look-up
/// waits for one, and how each ended. Decides nothing about tiers: DecisionEngine does, and tells it.
///
/// Every fetch ends once: used, late, evicted unused, cancelled (gave way before it had arrived), no space or
/// corrupt. What is still open counts as cancelled while under way and as evicted unused once there, so the
/// endings add up to what was issued at any moment. Thread-compatible; the engine's owner holds the lock.
namespace cachebench::cache {

enum class PrefetchEnd : std::uint8_t { kUsed, kLate, kEvictedUnused, kCancelled, kNoSpace, kCorrupt };
inline constexpr std::size_t kPrefetchEnds = 6;

struct PrefetchAmount {
  std::uint64_t count = 0;
  Bytes bytes;
  bool operator==(const PrefetchAmount&) const = default;
};

struct PrefetchCounters {
  PrefetchAmount issued;
  std::array<PrefetchAmount, kPrefetchEnds> ended{};  ///< by PrefetchEnd
  PrefetchAmount unused_at_end;                       ///< open and arrived: part of evicted unused
  std::uint64_t waits = 0;                            ///< look-ups that waited
  Nanoseconds waited{0};
  std::uint64_t over_budget = 0;  ///< proposals passed over, never issued
  [[nodiscard]] const PrefetchAmount& of(PrefetchEnd end) const {
    return ended[static_cast<std::size_t>(end)];
  }
};

class Prefetcher {
 public:
  /// Throws Error{kUsage} for an unknown policy or parameter.
  Prefetcher(const NamedParameters& policy, const PrefetchRules& rules);

  [[nodiscard]] policy::PrefetchPolicy& policy() { return *policy_; }
  [[nodiscard]] const policy::PrefetchPolicy& policy() const { return *policy_; }
  /// Entries to fetch after `request`. Valid until the next call.
  [[nodiscard]] const std::vector<EntryId>& proposals(const policy::RequestInfo& request);
  /// Whether so many bytes may be under way besides; counts the refusal.
  [[nodiscard]] bool within_budget(Bytes bytes);

  /// Books a fetch that starts `now`: its stages queue behind those of fetches before it. REQUIRES: not open.
  void begin(EntryId id, Bytes bytes, const hardware::Stages& stages, Nanoseconds now);
  /// Counts a fetch that found no room.
  void refuse(Bytes bytes);

  /// Whether it is under way: booked, and not taken from `next_arrived` yet.
  [[nodiscard]] bool is_under_way(EntryId id) const;
  /// Whether nobody has asked for it since it was booked.
  [[nodiscard]] bool is_unused(EntryId id) const;
  /// REQUIRES: under way.
  [[nodiscard]] Nanoseconds remaining(EntryId id, Nanoseconds now) const;
  /// The longest that a look-up of an entry waits for it.
  [[nodiscard]] Nanoseconds patience(Bytes bytes, Nanoseconds recompute) const;
  void note_wait(Nanoseconds waited);

  /// The next fetch that has arrived by `now`, each once; kNoEntry when there is none.
  [[nodiscard]] EntryId next_arrived(Nanoseconds now);
  /// A look-up asked for it: ends it as `how`, unless it has ended. True when it did.
  bool end(EntryId id, PrefetchEnd how);
  /// Its copy has left the tier: whatever is open of it ends.
  void forget(EntryId id);
  /// What was counted as used turned out to be corrupt.
  void recount_corrupt(Bytes bytes);

  [[nodiscard]] PrefetchCounters counters() const;
  /// Counts anew; what is open now ends uncounted.
  void reset();

 private:
  struct Fetch {
    EntryId id = kNoEntry;
    Bytes bytes;
    Nanoseconds arrives{0};
    std::uint64_t order = 0;
    bool under_way = true;
    bool unused = true;
    bool counted = true;
  };
  struct Arrival {
    Nanoseconds at;
    std::uint64_t order;
    EntryId id;
    bool operator<(const Arrival& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  [[nodiscard]] const Fetch* find(EntryId id) const;
  void land(std::size_t slot);
  void close_if_done(std::size_t slot);
  void count(const Fetch& fetch, PrefetchEnd how);

  PrefetchRules rules_;
  std::unique_ptr<policy::PrefetchPolicy> policy_;
  std::vector<EntryId> proposed_;
  std::vector<Fetch> open_;           // under way or unused, in no order
  std::vector<std::uint32_t> slots_;  // by id: place in open_ + 1; 0 = none
  std::array<Nanoseconds, hardware::kResources> free_at_{};
  std::vector<Arrival> arrivals_;  // a heap, the next at the front; those of forgotten fetches too
  std::uint64_t begun_ = 0;
  Bytes under_way_;
  PrefetchCounters counters_;
};

}  // namespace cachebench::cache
