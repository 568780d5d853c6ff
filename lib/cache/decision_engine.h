// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/counters.h"
#include "cache/decision_log.h"
#include "cache/directory.h"
#include "cache/recency_list.h"
#include "core/parameters.h"
#include "hardware/cost.h"
#include "policy/admission.h"
#include "policy/eviction.h"
#include "policy/migration.h"

/// Decides: which tier serves, what enters, what is evicted, promoted and demoted. The same code and the same
/// order of decisions in simulation and in real runs. It commits to the directory at once and hands out
/// moves, which someone else carries out on the planes; it touches no bytes and reads no clock but the one it
/// is given. Thread-compatible; HierarchicalCacheManager holds the lock around it.
namespace cachebench::cache {

struct TierOptions {
  std::string name;  ///< "L1", …
  hardware::Medium medium = hardware::Medium::kDevice;
  Bytes capacity;
  double high_watermark = 1.0;  ///< share of the capacity at which eviction starts
  double low_watermark = 1.0;   ///< share at which it stops; at most `high_watermark`
  NamedParameters eviction{.name = "lru", .values = {}};
  NamedParameters admission{.name = "always", .values = {}};
};

struct EngineOptions {
  std::vector<TierOptions> tiers;  ///< one to three, fastest first
  NamedParameters migration{.name = "demote-on-evict", .values = {}};
  std::uint64_t seed = 1;
};

/// A change of the set of copies of one entry, in order of decision.
struct Move {
  enum class Kind : std::uint8_t {
    kInsert,  ///< computed bytes enter `to`
    kCopy,    ///< `to` gets a copy of what `from` holds
    kMove,    ///< the same, and `from` gives its copy up
    kDrop,    ///< `from` gives its copy up
  };
  Kind kind;
  EntryId id;
  Level from = Level::kNone;
  Level to = Level::kNone;
};

/// What became of one look-up.
struct AccessDecision {
  bool hit = false;
  bool resized = false;         ///< a hit whose recorded size is new: its bytes have to be written again
  Level served = Level::kNone;  ///< the tier that the directory named when the request asked
  Level level = Level::kNone;   ///< where the entry is after promotion
  MissCause cause = MissCause::kCold;
  Nanoseconds service{0};  ///< modelled
};

/// How an access ended that was not looked up.
enum class Skipped : std::uint8_t { kCovered, kBehindGap };

class DecisionEngine {
 public:
  /// Throws Error{kUsage} for unknown policies, senseless capacities or watermarks.
  DecisionEngine(const EngineOptions& options, const hardware::CostModel& costs);

  [[nodiscard]] EntryId intern(const EntryDescription& what) { return directory_.intern(what); }
  /// Looks an entry up and counts the access; `bytes` is its size as recorded now, `next_use` the future
  /// where known.
  AccessDecision access(EntryId id, Bytes bytes, std::uint64_t next_use = policy::kNeverUsed);
  /// Counts an access that needs no look-up; returns its modelled service time.
  Nanoseconds account_skipped(EntryId id, Skipped how);
  /// Counts a wait for another's computation: a hit at `landed`, or a miss of `cause` when it landed nowhere.
  Nanoseconds account_joined(EntryId id, Level landed, MissCause cause);
  /// Offers a computed entry. Returns the tiers it entered; a resident one is touched, not stored twice.
  policy::LevelSet put(EntryId id);
  /// Gives up every copy, for another reason than making room.
  void erase(EntryId id, MissCause why);
  /// A copy turned out to be unusable: gives it up, and the one at `source` that it was made from.
  void drop_corrupt(EntryId id, Level level, Level source);
  /// Turns the hit that was counted at `level` into a miss by corruption; returns the modelled time that
  /// computing the entry adds.
  Nanoseconds uncount_hit(EntryId id, Level level, bool joined);
  /// What the entry is from now on. REQUIRES: no copies.
  void describe(EntryId id, const EntryDescription& what);
  /// Takes an entry found on a plane at start into `level`; false when it does not fit. Counts nothing.
  bool adopt(EntryId id, Level level);

  void pin(EntryId id);
  void unpin(EntryId id);
  [[nodiscard]] bool is_pinned(EntryId id) const { return pins_.is_pinned(id); }

  /// The decision clock. `advance` adds service time (closed loop), `set_now` follows arrivals (open loop).
  [[nodiscard]] Nanoseconds now() const { return now_; }
  void advance(Nanoseconds by) { now_ += by; }
  void set_now(Nanoseconds now) { now_ = std::max(now_, now); }

  /// Moves decided since the last call, in order. The caller swaps them out under its lock.
  [[nodiscard]] std::vector<Move>& moves() { return moves_; }
  [[nodiscard]] const Directory& directory() const { return directory_; }
  [[nodiscard]] const CacheCounters& counters() const { return counters_; }
  [[nodiscard]] CacheCounters& counters() { return counters_; }
  [[nodiscard]] const DecisionLog& log() const { return log_; }
  [[nodiscard]] std::size_t tier_count() const { return tiers_.size(); }
  [[nodiscard]] const TierOptions& tier(Level level) const { return tiers_[index_of(level)].options; }

 private:
  struct Tier {
    TierOptions options;
    std::unique_ptr<policy::EvictionPolicy> eviction;
    std::unique_ptr<policy::AdmissionPolicy> admission;
    Bytes pinned;  ///< nominal bytes of pinned entries
  };

  [[nodiscard]] policy::AccessInfo info_of(EntryId id) const;
  [[nodiscard]] policy::MigrationQuery query_of(EntryId id) const;
  [[nodiscard]] Tier& at(Level level) { return tiers_[index_of(level)]; }
  [[nodiscard]] TierCounters& count_at(Level level) { return counters_.tiers[index_of(level)]; }
  [[nodiscard]] KindCounters& count_kind(EntryId id);
  void count_request(EntryId id);
  void count_miss(EntryId id, MissCause cause);
  void count_hit(EntryId id, Level level, Nanoseconds service);
  void count_links(const hardware::Stages& stages, Bytes bytes);

  void promote(EntryId id, Level from, const policy::HitMove& move);
  [[nodiscard]] bool could_hold(Level level, Bytes bytes) const;
  bool make_room(Level level, Bytes bytes);
  bool evict_from(Level level);
  /// Whether the copy to demote is still charged to its tier.
  enum class Source : std::uint8_t { kLeft, kResident };
  void demote(EntryId id, Level from, Level to, Source source);
  void enter(EntryId id, Level level);
  void leave(EntryId id, Level level, policy::EraseReason reason);
  void recharge(EntryId id, Bytes bytes);
  void settle(EntryId id);
  void touch_recency(EntryId id);
  void move_idle_entries();

  const hardware::CostModel& costs_;
  Directory directory_;
  std::vector<Tier> tiers_;
  std::unique_ptr<policy::MigrationPolicy> migration_;
  policy::PinSet pins_;
  policy::TierLayout layout_;
  CacheCounters counters_;
  DecisionLog log_;
  std::vector<Move> moves_;
  Nanoseconds now_{0};
  std::uint64_t sequence_ = 0;
  std::uint64_t next_use_ = policy::kNeverUsed;
  RecencyList recency_;  ///< residents, kept only for policies that move idle entries
  bool moving_idle_ = false;
};

}  // namespace cachebench::cache
