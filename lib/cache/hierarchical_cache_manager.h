// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/companion.h"
#include "cache/decision_engine.h"
#include "cache/flight.h"
#include "cache/statistics.h"
#include "cache/tensor_handle.h"
#include "cache/tensor_pool.h"
#include "cache/transfers.h"
#include "core/clock.h"
#include "core/sync.h"

/// The three-tier tensor cache: directory, policies and migration on one side, planes on the other, one lock
/// for the decisions and none across I/O or a copy. Thread-safe.
///
/// The decision clock either sums modelled service times (closed loop) or is set by the caller (open loop,
/// wall time). With one caller, what it decides does not depend on how fast the planes are.
namespace cachebench::cache {

enum class DecisionClock : std::uint8_t { kServiceSum, kExternal };

/// What a look-up found, and what its caller owes.
struct LookupResult {
  AccessDecision decision;
  TensorHandle handle;  ///< on a hit
  FlightPtr owned;      ///< on a miss that the caller has to compute, then `put_tensor` or `abandon`
  FlightPtr joined;     ///< someone else is computing it: wait, then `finish_join`
  /// A similar hit: how like the served content is to the one asked for, 0 to 1.
  std::optional<double> similarity{};
  Key served_key{};  ///< and the entry that served
  /// What planning and starting the moves took that the look-up decided on, no part of the look-up itself.
  Nanoseconds handed_over{0};
};

/// How a put ended.
enum class PutStatus : std::uint8_t { kStored, kTouched, kRefused };
struct PutResult {
  PutStatus status = PutStatus::kRefused;
  Level level = Level::kNone;            ///< the uppermost tier it lives in now
  MissCause refused = MissCause::kCold;  ///< kRefused: why
  bool other_tensor = false;  ///< kTouched: what lives there has another kind, shape or element type
};

class HierarchicalCacheManager {
 public:
  /// `costs` outlives the manager.
  HierarchicalCacheManager(const EngineOptions& options, const hardware::CostModel& costs,
                           std::unique_ptr<Transfers> transfers, DecisionClock clock);
  ~HierarchicalCacheManager();
  HierarchicalCacheManager(const HierarchicalCacheManager&) = delete;
  HierarchicalCacheManager& operator=(const HierarchicalCacheManager&) = delete;

  // As the source documents have it: by name.
  /// Stores a tensor under `key`; false when no tier takes it (too large, not admitted, everything
  /// pinned) or a handle reads what the key stands for now.
  bool put_tensor(TensorView tensor, std::string_view key);
  /// The tensor stored under `key` and the level that served it; nothing on a miss.
  [[nodiscard]] std::optional<TensorHandle> get_tensor(std::string_view key);

  // As the source documents have it: by shape, for a tensor whose content is yet to come.
  /// A buffer that was used before and the level it came from; nothing when none of that size is idle.
  [[nodiscard]] std::optional<TensorPool::Lease> get_tensor(const Shape& shape, DType dtype,
                                                            ArtefactKind type = ArtefactKind::kObject) {
    return pool_.acquire_idle({.shape = shape, .dtype = dtype}, type);
  }
  /// The same, or a new one. Throws Error{kEnvironment} when memory is out.
  [[nodiscard]] TensorPool::Lease acquire_tensor(const Shape& shape, DType dtype,
                                                 ArtefactKind type = ArtefactKind::kObject) {
    return pool_.acquire({.shape = shape, .dtype = dtype}, type);
  }

  // As replay and pipeline use it: by description.
  /// Looks up and counts one access. Single flight: of several callers that miss the same entry one owns it.
  /// With `traits`, an attached companion may name another entry that serves when this one is nowhere.
  [[nodiscard]] LookupResult lookup(const EntryDescription& what, const AccessContext& context = {},
                                    const ContentTraits* traits = nullptr);
  /// Looks up and counts one access to what is known under `key`, for callers that compute nothing: a miss is
  /// theirs alone, and neither waits for another's computation nor is waited for.
  [[nodiscard]] LookupResult get(const Key& key, ArtefactKind kind, const ContentTraits* traits = nullptr);
  /// What lies under `key`, where it lies: no access is counted, nothing moves, nobody learns of it. For
  /// callers that keep what is no artefact here, with books of their own. Empty where there is nothing.
  [[nodiscard]] TensorHandle hold(const Key& key);
  /// Offers what was computed and lands the flight, if any. `content` (null in simulation) stays valid until
  /// this returns. May wait for the eviction of others to free room, never for a lookup. Throws Error{kUsage}
  /// for terms that make no sense.
  PutResult put(const EntryDescription& what, const TensorView* content, const FlightPtr& owned,
                const PutTerms& terms = {}, const ContentTraits* traits = nullptr);
  /// Lands an owned flight without an entry: its computation failed.
  void abandon(const EntryDescription& what, const FlightPtr& owned);
  /// Writes the bytes of a resident entry anew, after a hit whose recorded size had changed.
  void rewrite(const EntryDescription& what, const TensorView* content);
  /// Counts the end of a wait for another's flight; the handle is empty when it landed nowhere.
  [[nodiscard]] LookupResult finish_join(const EntryDescription& what, const FlightPtr& joined,
                                         const AccessContext& context = {});
  /// Counts an access that needs no look-up.
  void account_skipped(const EntryDescription& what, Skipped how, const AccessContext& context = {});
  /// Turns a hit whose record failed its checksum, or whose transfer failed, into a miss, and gives up the
  /// copy and what it was read from. Counted once a handle.
  void report_corrupt(TensorHandle& handle);
  /// Gives up every copy of an entry; false when there is none, or a handle reads it.
  bool erase(const Key& key);

  /// Keeps a resident entry from eviction (not from expiry, which ends its pins) until it is unpinned as
  /// often as it was pinned; false when it is nowhere.
  bool pin(const Key& key);
  /// False when it was not pinned.
  bool unpin(const Key& key);
  /// Gives up what has expired by the decision clock, as every access does.
  void expire_due();
  /// The capacity of a tier from now on: see DecisionEngine::resize.
  Bytes resize(Level level, Bytes capacity);
  /// Attaches a companion, or none. Before anything is stored.
  void attach(Companion* companion);
  /// From now on the decision clock follows `clock`, which outlives this; it never goes back. For caches
  /// whose clock is external.
  void follow(const Clock* clock);
  /// Calls `look` with the engine, under the lock: it has to be short and must not call the manager.
  void inspect(const std::function<void(const DecisionEngine&)>& look) const;

  /// Takes in what a plane kept from an earlier process; returns how many fit.
  std::size_t adopt(Level level, tier::Plane& plane, SpaceGate& gate);

  /// After the last access of a request: what is worth fetching ahead is fetched.
  void end_request(const policy::RequestInfo& request);

  void set_now(Nanoseconds now);
  [[nodiscard]] Nanoseconds now() const;
  /// Starts counting anew, after a warm-up; returns what was counted so far.
  CacheCounters reset_counters();
  [[nodiscard]] CacheCounters counters() const;
  /// Everything there is to say, of one moment.
  [[nodiscard]] CacheStatistics statistics() const;
  [[nodiscard]] std::string decision_log_hash() const;
  [[nodiscard]] std::uint64_t decisions() const;
  [[nodiscard]] std::vector<TierOptions> tiers() const;
  [[nodiscard]] PolicyFacts policy_facts() const;
  /// Nothing where nothing is fetched ahead.
  [[nodiscard]] std::optional<PrefetchCounters> prefetches() const;
  /// Blocks until nothing is under way.
  void drain() { transfers_->drain(); }

 private:
  friend class TensorHandle;
  void unpin(EntryId id);
  void expect_access(ArtefactKind kind) const CACHEBENCH_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
    engine_.expect_access(kind);
  }
  /// Starts what the look-up decided to move, its caller's own transfer first.
  void hand_over(std::unique_ptr<PlannedTransfers> planned, LookupResult& result) CACHEBENCH_EXCLUDES(mutex_);
  /// The look-up itself, once nobody is computing the entry; sets all of `result` but the flights.
  [[nodiscard]] std::unique_ptr<PlannedTransfers> serve(EntryId id, Bytes bytes, const AccessContext& context,
                                                        const ContentTraits* traits, LookupResult& result)
      CACHEBENCH_REQUIRES(mutex_);
  /// Brings the clock up to date and gives up what has expired.
  void settle_time() CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] TensorHandle handle_for(EntryId id, const AccessDecision& decision)
      CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] std::unique_ptr<PlannedTransfers> plan_moves(const TensorView* content)
      CACHEBENCH_REQUIRES(mutex_);
  void tell_companion(const std::vector<Move>& moves) CACHEBENCH_REQUIRES(mutex_);
  void end_pins(const std::vector<Move>& moves) CACHEBENCH_REQUIRES(mutex_);
  void tick(Nanoseconds service) CACHEBENCH_REQUIRES(mutex_);

  const DecisionClock clock_;
  const std::unique_ptr<Transfers> transfers_;
  const bool fetches_ahead_;
  alignas(64) mutable Mutex mutex_;  // what changes lies apart from what does not
  DecisionEngine engine_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint32_t epoch_ CACHEBENCH_GUARDED_BY(mutex_) = 0;  // of the counters
  std::unordered_map<EntryId, FlightPtr> flights_ CACHEBENCH_GUARDED_BY(mutex_);
  std::unordered_map<EntryId, std::uint32_t> user_pins_ CACHEBENCH_GUARDED_BY(mutex_);  // of `pin`
  Companion* companion_ CACHEBENCH_GUARDED_BY(mutex_) = nullptr;
  const Clock* followed_ CACHEBENCH_GUARDED_BY(mutex_) = nullptr;
  TensorPool pool_{TensorPoolOptions{}};
};

}  // namespace cachebench::cache
