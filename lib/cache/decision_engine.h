// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/counters.h"
#include "cache/decision_log.h"
#include "cache/directory.h"
#include "cache/prefetcher.h"
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
  NamedParameters prefetch{.name = "none", .values = {}};
  PrefetchRules prefetch_rules{};
  std::uint64_t seed = 1;
  std::size_t expected_entries = 0;  ///< distinct entries to come, 0 = unknown: a hint for reserving
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
  bool ahead = false;  ///< nobody asked for it: its transfer is nobody's hit
};

/// What became of one look-up.
struct AccessDecision {
  bool hit = false;
  bool prefetched = false;      ///< the first hit of what was fetched ahead
  bool resized = false;         ///< a hit whose recorded size is new: its bytes have to be written again
  Level served = Level::kNone;  ///< the tier that the directory named when the request asked
  Level level = Level::kNone;   ///< where the entry is after promotion
  MissCause cause = MissCause::kCold;
  Nanoseconds service{0};  ///< modelled, the wait included
  Nanoseconds waited{0};   ///< for what was being fetched ahead, by the decision clock
};

/// How an access ended that was not looked up.
enum class Skipped : std::uint8_t { kCovered, kBehindGap };

/// What the policies of a cache have to say of themselves, by name.
struct PolicyFacts {
  using Facts = std::map<std::string, double>;
  std::vector<Facts> eviction;   ///< by tier
  std::vector<Facts> admission;  ///< by tier
  Facts migration;
  Facts prefetch;
};

class DecisionEngine {
 public:
  /// Throws Error{kUsage} for unknown policies, senseless capacities or watermarks.
  DecisionEngine(const EngineOptions& options, const hardware::CostModel& costs);
  DecisionEngine(const DecisionEngine&) = delete;
  DecisionEngine& operator=(const DecisionEngine&) = delete;

  [[nodiscard]] EntryId intern(const EntryDescription& what) { return directory_.intern(what); }
  /// Looks an entry up and counts the access; `bytes` is its size as recorded now.
  AccessDecision access(EntryId id, Bytes bytes, const AccessContext& context = {});
  /// Counts an access that needs no look-up; returns its modelled service time.
  Nanoseconds account_skipped(EntryId id, Skipped how, const AccessContext& context = {});
  /// Counts a wait for another's computation: a hit at `landed`, or a miss of `cause` when it landed nowhere.
  Nanoseconds account_joined(EntryId id, Level landed, MissCause cause, const AccessContext& context = {});
  /// Offers a computed entry. Returns the tiers it entered; a resident one is touched, not stored twice.
  policy::LevelSet put(EntryId id);
  /// Gives up every copy, for another reason than making room.
  void erase(EntryId id, MissCause why);
  /// A copy turned out to be unusable: gives it up, and the one at `source` that it was made from.
  void drop_corrupt(EntryId id, Level level, Level source);
  /// Turns the hit that was counted at `level` into a miss by corruption; returns the modelled time that
  /// computing the entry adds.
  struct CountedHit {
    Level level;
    bool joined = false;
    bool prefetched = false;
    Nanoseconds waited{0};
  };
  Nanoseconds uncount_hit(EntryId id, const CountedHit& hit);
  /// After the last access of a request: fetches ahead what the prefetch policy proposes.
  void end_request(const policy::RequestInfo& request);
  /// Null where nothing is fetched ahead.
  [[nodiscard]] const Prefetcher* prefetcher() const { return prefetcher_.get(); }
  /// Counts anew, after a warm-up; what is resident stays.
  void reset_counters();
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
  [[nodiscard]] const DecisionLog& log() const { return log_; }
  [[nodiscard]] PolicyFacts facts() const;
  [[nodiscard]] std::size_t tier_count() const { return tiers_.size(); }
  [[nodiscard]] const TierOptions& tier(Level level) const { return tiers_[index_of(level)].options; }

 private:
  struct Tier {
    TierOptions options;
    std::unique_ptr<policy::EvictionPolicy> eviction;
    std::unique_ptr<policy::AdmissionPolicy> admission;
    Bytes pinned;              ///< nominal bytes of pinned entries
    bool wants_loss = false;   ///< the eviction policy decides by modelled time,
    bool weighs_loss = false;  ///< the admission policy does
    bool watches = true;       ///< the admission policy wants to be told of accesses
    bool sees_future = false;  ///< it has to be told of references that nobody looks up too
    double residence = 0;      ///< running mean, in accesses; 0 = nothing evicted yet
  };

  // What policies may ask, decision_costs.cpp.
  class View final : public policy::TierView {
   public:
    explicit View(DecisionEngine& engine) : engine_(engine) {}
    [[nodiscard]] Nanoseconds fetch(Level level, Bytes bytes) const override;
    [[nodiscard]] Nanoseconds write(Level from, Level to, Bytes bytes) const override;
    [[nodiscard]] std::span<const policy::Victim> victims(Level level, Bytes bytes) override;
    [[nodiscard]] double residence(Level level) const override;

   private:
    DecisionEngine& engine_;
    std::array<policy::Victim, kMaxVictims> victims_{};
  };
  friend class View;

  [[nodiscard]] policy::AccessInfo info_of(EntryId id) const;
  /// The same for the eviction policy of a tier: with the loss, where it decides by that.
  [[nodiscard]] policy::AccessInfo info_at(EntryId id, Level level) const;
  [[nodiscard]] policy::MigrationQuery query_of(EntryId id);
  /// What the next use costs more once the copy at `level` is evicted, or (kDropped) written nowhere else.
  enum class Afterwards : std::uint8_t { kEvicted, kDropped };
  [[nodiscard]] Nanoseconds loss_of(EntryId id, Level level, Afterwards how) const;
  [[nodiscard]] bool admits(EntryId id, Level level, Level from);
  // Fetching ahead, decision_prefetch.cpp.
  void complete_fetches();
  void fetch_ahead(EntryId id);
  /// Where one copy is kept: gives up those below one that has arrived. False while a handle reads them.
  bool give_up_below(EntryId id);
  /// Where a look-up of an entry whose copy in the first tier was fetched ahead is served, if not there.
  [[nodiscard]] Level settle_fetch(EntryId id, AccessDecision& decision);
  [[nodiscard]] bool is_under_way(EntryId id) const { return prefetcher_ && prefetcher_->is_under_way(id); }
  void note_use(EntryId id, const AccessContext& context);
  void tell_of_access(EntryId id, const policy::AccessInfo& info);
  void tell_oracles(EntryId id);
  void note_residence(Tier& tier, const Entry& victim) const;
  [[nodiscard]] Tier& at(Level level) { return tiers_[index_of(level)]; }
  [[nodiscard]] TierCounters& count_at(Level level) { return counters_.tiers[index_of(level)]; }
  [[nodiscard]] KindCounters& count_kind(EntryId id);
  void count_request(EntryId id);
  void count_miss(EntryId id, MissCause cause);
  void count_hit(EntryId id, Level level, Nanoseconds service);
  void count_links(const hardware::Stages& stages, Bytes bytes);
  void count_write(Level to, Bytes bytes);
  void count_demotion(EntryId id, Level from, Level to);

  void promote(EntryId id, Level from, const policy::HitMove& move);
  void copy_down(EntryId id, policy::LevelSet targets);
  [[nodiscard]] bool could_hold(Level level, Bytes bytes) const;
  /// Tells the tier's policy who is coming, then evicts; false when everything there is pinned.
  bool make_room(EntryId id, Level level);
  bool evict_from(Level level);
  /// Whether the copy to demote is still charged to its tier.
  enum class Source : std::uint8_t { kLeft, kResident };
  void demote(EntryId id, Level from, Level to, Source source);
  void enter(EntryId id, Level level);
  void leave(EntryId id, Level level, policy::EraseReason reason);
  /// Gives a copy up, for another reason than making room.
  void drop(EntryId id, Level level);
  void recharge(EntryId id, Bytes bytes);
  void settle(EntryId id);
  void touch_recency(EntryId id);
  void move_idle_entries();

  const hardware::CostModel& costs_;
  Directory directory_;
  std::vector<Tier> tiers_;
  std::unique_ptr<policy::MigrationPolicy> migration_;
  std::unique_ptr<Prefetcher> prefetcher_;
  std::vector<EntryId> give_up_below_;  ///< arrived while a handle read a lower copy
  policy::PinSet pins_;
  policy::TierLayout layout_;
  CacheCounters counters_;
  DecisionLog log_;
  std::vector<Move> moves_;
  Nanoseconds now_{0};
  std::uint64_t sequence_ = 0;  ///< references so far
  std::uint64_t lookups_ = 0;
  View view_{*this};
  RecencyList recency_;  ///< residents, kept only for policies that move idle entries
  bool moving_idle_ = false;
};

}  // namespace cachebench::cache
