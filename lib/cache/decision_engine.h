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
#include "cache/engine_options.h"
#include "cache/expiry_queue.h"
#include "cache/prefetcher.h"
#include "cache/ranked_eviction.h"
#include "cache/recency_list.h"
#include "hardware/cost.h"
#include "policy/admission.h"
#include "policy/eviction.h"
#include "policy/migration.h"

/// Decides: which tier serves, what enters, what is evicted, promoted and demoted. The same code and the same
/// order of decisions in simulation and in real runs. It commits to the directory at once and hands out
/// moves, which someone else carries out on the planes; it touches no bytes and reads no clock but the one it
/// is given. Thread-compatible; HierarchicalCacheManager holds the lock around it.
namespace cachebench::cache {

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
  bool ahead = false;                                 ///< nobody asked for it: its transfer is nobody's hit
  tier::Encoding from_form = tier::Encoding::kPlain;  ///< what it lies in `from` as,
  tier::Encoding to_form = tier::Encoding::kPlain;    ///< and in `to`
};

/// What became of one look-up.
struct AccessDecision {
  bool hit = false;
  bool prefetched = false;      ///< the first hit of what was fetched ahead
  bool resized = false;         ///< a hit whose recorded size is new: its bytes have to be written again
  Level served = Level::kNone;  ///< the tier that the directory named when the request asked
  Level level = Level::kNone;   ///< where the entry is after promotion
  MissCause cause = MissCause::kCold;
  Nanoseconds service{0};       ///< modelled, the wait included
  Nanoseconds waited{0};        ///< for what was being fetched ahead, by the decision clock
  Bytes bytes{};                ///< nominal, of what was served
  std::uint64_t gap = 0;        ///< accesses since the entry's last one, saturating; 0 for its first
  hardware::Resting resting{};  ///< how it lay in `served`
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

  /// A hint that an access comes, for a thread that is about to take the lock: what every access changes may
  /// lie in another processor's cache, and is fetched from there all at once. Reads nothing that changes.
  void expect_access(ArtefactKind kind) const;
  [[nodiscard]] EntryId intern(const EntryDescription& what) { return directory_.intern(what); }
  /// Looks an entry up and counts the access; `bytes` is its size as recorded now.
  AccessDecision access(EntryId id, Bytes bytes, const AccessContext& context = {});
  /// Counts an access to `asked`, which is nowhere, as a hit of `serving`, a resident entry of like content.
  /// REQUIRES: can_stand_in(serving).
  AccessDecision access_similar(EntryId asked, EntryId serving, const AccessContext& context = {});
  /// Resident and not on its way.
  [[nodiscard]] bool can_stand_in(EntryId id) const;
  /// Counts an access that needs no look-up; returns its modelled service time.
  Nanoseconds account_skipped(EntryId id, Skipped how, const AccessContext& context = {});
  /// Counts a wait for another's computation: a hit at `landed`, or a miss of `cause` when it landed nowhere.
  Nanoseconds account_joined(EntryId id, Level landed, MissCause cause, const AccessContext& context = {});
  /// Offers a computed entry. Returns the tiers it entered; a resident one is touched, not stored twice. Its
  /// lifetime and priority are new either way. REQUIRES: terms that check_terms lets pass.
  policy::LevelSet put(EntryId id, const PutTerms& terms = {});
  /// Throws Error{kUsage} for a lifetime that is not above 0 and for a priority that there is not.
  void check_terms(const PutTerms& terms) const;
  /// Gives up what has expired by the decision clock. Every other call that asks or stores does so first.
  void expire_due() {
    if (expiries_.may_be_due(now_)) expire();
  }
  /// The capacity of a tier from now on, evicting what is too much; never below what pinned entries take.
  /// Returns what it is. Policies keep the shares of the capacity that they were made with. Throws
  /// Error{kUsage} above the capacity of the options: the tier has no room for more.
  Bytes resize(Level level, Bytes capacity);
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
    EntryId asked = kNoEntry;  ///< a similar hit: what it was counted for
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
  bool adopt(EntryId id, Level level, tier::Encoding form = tier::Encoding::kPlain);

  /// How a resident entry lies in a tier.
  [[nodiscard]] hardware::Resting resting(EntryId id, Level level) const;

  void pin(EntryId id);
  void unpin(EntryId id);
  [[nodiscard]] bool is_pinned(EntryId id) const { return pins_.is_pinned(id); }

  /// The decision clock. `advance` adds service time (closed loop), `set_now` follows arrivals (open loop).
  [[nodiscard]] Nanoseconds now() const { return now_; }
  /// References so far, whatever the counters were reset to.
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  /// Entries with a copy in any tier.
  [[nodiscard]] std::size_t residents() const { return residents_; }
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
    RankedEviction* ranked = nullptr;  ///< `eviction`, where there are priorities or quotas
    std::unique_ptr<policy::AdmissionPolicy> admission;
    Bytes capacity_limit;  ///< what `resize` may go up to
    CompressionPolicy compression;
    Bytes pinned;                                 ///< nominal bytes of pinned entries
    std::array<Bytes, kArtefactKinds> used_by{};  ///< nominal bytes by kind, where there are quotas
    std::array<Bytes, kArtefactKinds> pinned_by{};
    bool keeps_forms = false;  ///< it took in entries that an earlier process compressed
    bool wants_loss = false;   ///< the eviction policy decides by modelled time,
    bool weighs_loss = false;  ///< the admission policy does
    bool watches = true;       ///< the admission policy wants to be told of accesses
    bool sees_future = false;  ///< it has to be told of references that nobody looks up too
    /// Whether its eviction policy sees an entry otherwise than another tier's: its loss, or its bytes.
    [[nodiscard]] bool has_own_view() const { return wants_loss || compression.is_on() || keeps_forms; }
    double residence = 0;  ///< running mean, in accesses; 0 = nothing evicted yet
  };

  // What policies may ask, decision_costs.cpp.
  class View final : public policy::TierView {
   public:
    explicit View(DecisionEngine& engine) : engine_(engine) {}
    /// The entry that the next questions are about: its form in a tier follows from what it is.
    void look_at(EntryId id) { about_ = id; }
    [[nodiscard]] Nanoseconds fetch(Level level, Bytes bytes) const override;
    [[nodiscard]] Nanoseconds write(Level from, Level to, Bytes bytes) const override;
    [[nodiscard]] std::span<const policy::Victim> victims(Level level, Bytes bytes) override;
    [[nodiscard]] double residence(Level level) const override;

   private:
    [[nodiscard]] hardware::Resting resting_of(Level level, Bytes bytes) const;

    DecisionEngine& engine_;
    EntryId about_ = kNoEntry;
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
  /// `serving`: whose bytes crossed the links; another entry at a similar hit.
  void count_hit(EntryId id, Level level, Nanoseconds service, EntryId serving);
  void count_links(const hardware::Stages& stages);
  void count_write(EntryId id, Level to);
  void count_demotion(EntryId id, Level from, Level to);

  // Lossy forms, decision_forms.cpp.
  /// The form that the entry takes in a tier that it is about to enter.
  void choose_form(EntryId id, Level level);
  /// What it takes, or is about to take, of the tier's budget.
  [[nodiscard]] Bytes charged(EntryId id, Level level) const;
  /// How it lies in a tier that it has not entered yet, and that no form was chosen for.
  [[nodiscard]] hardware::Resting resting_once_there(EntryId id, Level level) const;
  void count_form(EntryId id, Level level);
  void hand_out(Move move);

  void promote(EntryId id, Level from, const policy::HitMove& move);
  void copy_down(EntryId id, policy::LevelSet targets);
  /// What a hit moves, by the migration policy.
  void move_after_hit(EntryId id, Level found, const policy::AccessInfo& info);
  void expire();
  /// The bytes that entries of the kind may take of a tier.
  [[nodiscard]] Bytes quota(Level level, ArtefactKind kind) const;
  /// Whether the tier and the share of its kind are large enough for the entry at all.
  [[nodiscard]] bool fits(EntryId id, Level level) const;
  /// The same, beside what is pinned there.
  [[nodiscard]] bool could_hold(EntryId id, Level level) const;
  /// Keeps the sums of used or pinned bytes by kind.
  enum class Change : std::uint8_t { kAdd, kTake };
  void charge(std::array<Bytes, kArtefactKinds>& sums, EntryId id, Level level, Change change);
  void keep_within_quota(Level level, ArtefactKind kind, Bytes arriving);
  /// Tells the tier's policy who is coming, then evicts; false when everything there is pinned.
  bool make_room(EntryId id, Level level);
  bool evict_from(Level level);
  /// The same with a named victim; false for none.
  bool evict(EntryId victim, Level level);
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
  ExpiryQueue expiries_;  ///< of resident entries, and of some that have left
  Nanoseconds default_ttl_{0};
  KindShares quotas_ = kNoQuotas;
  bool has_quotas_ = false;
  alignas(64) CacheCounters counters_;
  DecisionLog log_;
  std::vector<Move> moves_;
  Nanoseconds now_{0};
  std::uint64_t sequence_ = 0;  ///< references so far
  std::uint64_t lookups_ = 0;
  std::size_t residents_ = 0;
  View view_{*this};
  RecencyList recency_;  ///< residents, kept only for policies that move idle entries
  bool moving_idle_ = false;
};

}  // namespace cachebench::cache
