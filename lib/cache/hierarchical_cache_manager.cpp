// SPDX-License-Identifier: Apache-2.0
#include "cache/hierarchical_cache_manager.h"

#include <utility>

#include "cache/lock_watch.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/trace_range.h"

namespace cachebench::cache {

HierarchicalCacheManager::HierarchicalCacheManager(const EngineOptions& options,
                                                   const hardware::CostModel& costs,
                                                   std::unique_ptr<Transfers> transfers, DecisionClock clock)
    : clock_(clock),
      transfers_(std::move(transfers)),
      fetches_ahead_(options.prefetch.name != "none"),
      engine_(options, costs) {}

HierarchicalCacheManager::~HierarchicalCacheManager() {
  try {
    transfers_->drain();
  } catch (const Error&) {
    // What could not be flushed is lost, and the next process finds it gone.
  }
}

bool HierarchicalCacheManager::put_tensor(TensorView tensor, std::string_view key) {
  const EntryDescription what{.key = hash_key(key),
                              .kind = ArtefactKind::kObject,
                              .meta = tensor.meta,
                              .bytes = tensor.meta.bytes(),
                              .recompute = Nanoseconds{0}};
  // A put replaces what the name stood for, unless someone is reading it.
  if (!erase(what.key)) {
    const DecisionLock lock(mutex_);
    const EntryId id = engine_.directory().find(what.key);
    if (id != kNoEntry && !engine_.directory()[id].copies.empty()) return false;
  }
  return put(what, &tensor, nullptr).status == PutStatus::kStored;
}

std::optional<TensorHandle> HierarchicalCacheManager::get_tensor(std::string_view key) {
  const Key wanted = hash_key(key);
  EntryDescription what{.key = wanted};
  {
    const DecisionLock lock(mutex_);
    if (const EntryId id = engine_.directory().find(wanted); id != kNoEntry)
      what = engine_.directory()[id].what;
  }
  LookupResult found = lookup(what);
  if (found.owned) abandon(what, found.owned);  // nobody computes it here
  if (found.joined) found = finish_join(what, found.joined);
  if (!found.handle) return std::nullopt;
  return std::move(found.handle);
}

LookupResult HierarchicalCacheManager::lookup(const EntryDescription& what, const AccessContext& context,
                                              const ContentTraits* traits) {
  const TraceRange range(trace_names::kLookup, what.bytes.value);
  expect_access(what.kind);
  LookupResult result;
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    const EntryId id = engine_.intern(what);
    transfers_->expect(id);
    settle_time();
    if (!flights_.empty() && engine_.directory()[id].copies.empty()) {
      if (const auto flying = flights_.find(id); flying != flights_.end()) result.joined = flying->second;
    }
    if (result.joined) {
      planned = plan_moves(nullptr);
    } else {
      planned = serve(id, what.bytes, context, traits, result);
      if (!result.decision.hit) {
        result.owned = std::make_shared<Flight>(result.decision.cause);
        flights_[id] = result.owned;
      }
    }
  }
  hand_over(std::move(planned), result);
  return result;
}

LookupResult HierarchicalCacheManager::get(const Key& key, ArtefactKind kind, const ContentTraits* traits) {
  const TraceRange range(trace_names::kLookup, 0);
  expect_access(kind);
  LookupResult result;
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    const EntryId id = engine_.intern({.key = key, .kind = kind});
    transfers_->expect(id);
    settle_time();
    planned = serve(id, engine_.directory()[id].what.bytes, {}, traits, result);
  }
  hand_over(std::move(planned), result);
  return result;
}

TensorHandle HierarchicalCacheManager::hold(const Key& key) {
  expire_due();
  const DecisionLock lock(mutex_);
  const EntryId id = engine_.directory().find(key);
  if (id == kNoEntry || engine_.directory()[id].copies.empty()) return {};
  AccessDecision where;
  where.served = where.level = engine_.directory()[id].copies.top();
  TensorHandle handle = handle_for(id, where);
  handle.counts_ = false;
  return handle;
}

void HierarchicalCacheManager::hand_over(std::unique_ptr<PlannedTransfers> planned, LookupResult& result) {
  if (planned == nullptr) return;
  const Nanoseconds start = RealClock().now();
  transfers_->start_hit(std::move(planned), result.handle.copy_);
  result.handed_over += RealClock().now() - start;
}

std::unique_ptr<PlannedTransfers> HierarchicalCacheManager::serve(EntryId id, Bytes bytes,
                                                                  const AccessContext& context,
                                                                  const ContentTraits* traits,
                                                                  LookupResult& result) {
  std::optional<StandIn> similar;
  if (companion_ != nullptr && traits != nullptr && engine_.directory()[id].copies.empty() && !traits->none())
    similar = companion_->stand_in(id, *traits, engine_);
  result.decision =
      similar ? engine_.access_similar(id, similar->id, context) : engine_.access(id, bytes, context);
  tick(result.decision.service);
  std::unique_ptr<PlannedTransfers> planned;
  if (!engine_.moves().empty()) {
    const Nanoseconds start = RealClock().now();
    planned = plan_moves(nullptr);
    result.handed_over = RealClock().now() - start;
  }
  if (!result.decision.hit) {
    if (companion_ != nullptr) companion_->missed(id, engine_);
    return planned;
  }
  if (result.decision.level != Level::kNone)
    result.handle = handle_for(similar ? similar->id : id, result.decision);
  if (similar) {
    result.similarity = similar->score;
    result.served_key = engine_.directory()[similar->id].what.key;
    result.handle.asked_ = id;
  }
  return planned;
}

PutResult HierarchicalCacheManager::put(const EntryDescription& what, const TensorView* content,
                                        const FlightPtr& owned, const PutTerms& terms,
                                        const ContentTraits* traits) {
  expect_access(what.kind);
  PutResult result;
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    engine_.check_terms(terms);
    const EntryId id = engine_.intern(what);
    settle_time();
    const bool resident = !engine_.directory()[id].copies.empty();
    if (!resident) engine_.describe(id, what);
    if (companion_ != nullptr) companion_->offered(id, traits != nullptr ? *traits : ContentTraits{});
    const policy::LevelSet levels = engine_.put(id, terms);
    result.level = levels.top();
    result.status = resident         ? PutStatus::kTouched
                    : levels.empty() ? PutStatus::kRefused
                                     : PutStatus::kStored;
    const Entry& entry = engine_.directory()[id];
    result.refused = entry.absent;
    result.other_tensor = resident && (entry.what.kind != what.kind || !(entry.what.meta == what.meta));
    planned = plan_moves(content);
    if (companion_ != nullptr) companion_->offered(kNoEntry, {});  // its traits are the caller's
    if (owned) flights_.erase(id);
  }
  transfers_->start(std::move(planned));
  if (owned) owned->land(result.level);
  return result;
}

void HierarchicalCacheManager::abandon(const EntryDescription& what, const FlightPtr& owned) {
  {
    const DecisionLock lock(mutex_);
    flights_.erase(engine_.intern(what));
  }
  owned->land(Level::kNone);
}

void HierarchicalCacheManager::rewrite(const EntryDescription& what, const TensorView* content) {
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    const EntryId id = engine_.intern(what);
    const Entry& entry = engine_.directory()[id];
    // Resized once more meanwhile: whoever did so writes it.
    if (entry.what.bytes != what.bytes) return;
    for (std::size_t i = 0; i < engine_.tier_count(); ++i) {
      if (!entry.copies.has(level_at(i))) continue;
      engine_.moves().push_back(
          {.kind = Move::Kind::kDrop, .id = id, .from = level_at(i), .to = Level::kNone});
      engine_.moves().push_back(
          {.kind = Move::Kind::kInsert, .id = id, .from = Level::kNone, .to = level_at(i)});
    }
    planned = plan_moves(content);
  }
  transfers_->start(std::move(planned));
}

LookupResult HierarchicalCacheManager::finish_join(const EntryDescription& what, const FlightPtr& joined,
                                                   const AccessContext& context) {
  const Flight::Landing landing = joined->wait();
  LookupResult result;
  const DecisionLock lock(mutex_);
  const EntryId id = engine_.intern(what);
  settle_time();
  // It may have been evicted again since it landed: then the waiter missed it as the owner did.
  const Level level = landing.level == Level::kNone ? Level::kNone : engine_.directory()[id].copies.top();
  result.decision.service = engine_.account_joined(id, level, landing.cause, context);
  result.decision.hit = level != Level::kNone;
  result.decision.served = level;
  result.decision.level = level;
  result.decision.cause = landing.cause;
  tick(result.decision.service);
  if (result.decision.hit) {
    result.decision.resting = engine_.resting(id, level);
    result.decision.bytes = engine_.directory()[id].what.bytes;
    result.handle = handle_for(id, result.decision);
    result.handle.joined_ = true;
  }
  return result;
}

void HierarchicalCacheManager::account_skipped(const EntryDescription& what, Skipped how,
                                               const AccessContext& context) {
  const DecisionLock lock(mutex_);
  tick(engine_.account_skipped(engine_.intern(what), how, context));
}

void HierarchicalCacheManager::report_corrupt(TensorHandle& handle) {
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    // Reported by another reader already, and computed anew: then the copy that is there now is a good one.
    const bool same = transfers_->copy_at(handle.id_, handle.level_) == handle.copy_;
    // Counted at most once, and only by the counters that counted the hit.
    const bool counts = std::exchange(handle.counts_, false) && handle.epoch_ == epoch_;
    if (same) engine_.drop_corrupt(handle.id_, handle.level_, handle.served_);
    if (counts)
      tick(engine_.uncount_hit(handle.id_, {.level = handle.served_,
                                            .joined = handle.joined_,
                                            .prefetched = handle.prefetched_,
                                            .waited = handle.waited_,
                                            .asked = handle.asked_}));
    planned = plan_moves(nullptr);
  }
  transfers_->start(std::move(planned));
}

bool HierarchicalCacheManager::erase(const Key& key) {
  bool erased = false;
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    settle_time();
    const EntryId id = engine_.directory().find(key);
    erased = id != kNoEntry && !engine_.directory()[id].copies.empty() && !engine_.is_pinned(id);
    if (erased) engine_.erase(id, MissCause::kCapacity);
    if (erased && companion_ != nullptr) companion_->erased(id);
    planned = plan_moves(nullptr);
  }
  transfers_->start(std::move(planned));
  return erased;
}

bool HierarchicalCacheManager::pin(const Key& key) {
  expire_due();
  const DecisionLock lock(mutex_);
  const EntryId id = engine_.directory().find(key);
  if (id == kNoEntry || engine_.directory()[id].copies.empty()) return false;
  engine_.pin(id);
  ++user_pins_[id];
  return true;
}

bool HierarchicalCacheManager::unpin(const Key& key) {
  const DecisionLock lock(mutex_);
  const auto pinned = user_pins_.find(engine_.directory().find(key));
  if (pinned == user_pins_.end()) return false;
  engine_.unpin(pinned->first);
  if (--pinned->second == 0) user_pins_.erase(pinned);
  return true;
}

void HierarchicalCacheManager::expire_due() {
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    settle_time();
    planned = plan_moves(nullptr);
  }
  transfers_->start(std::move(planned));
}

Bytes HierarchicalCacheManager::resize(Level level, Bytes capacity) {
  Bytes resized;
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    settle_time();
    resized = engine_.resize(level, capacity);
    planned = plan_moves(nullptr);
  }
  transfers_->start(std::move(planned));
  return resized;
}

void HierarchicalCacheManager::attach(Companion* companion) {
  const DecisionLock lock(mutex_);
  companion_ = companion;
}

void HierarchicalCacheManager::follow(const Clock* clock) {
  const DecisionLock lock(mutex_);
  followed_ = clock;
}

void HierarchicalCacheManager::inspect(const std::function<void(const DecisionEngine&)>& look) const {
  const DecisionLock lock(mutex_);
  look(engine_);
}

void HierarchicalCacheManager::settle_time() {
  if (followed_ != nullptr) engine_.set_now(followed_->now());
  engine_.expire_due();
  if (engine_.moves().empty()) return;
  // Before what comes next is decided: it may be stored anew, and nothing like it is to be found there.
  if (companion_ != nullptr) tell_companion(engine_.moves());
  if (!user_pins_.empty()) end_pins(engine_.moves());
}

std::size_t HierarchicalCacheManager::adopt(Level level, tier::Plane& plane, SpaceGate& gate) {
  std::size_t adopted = 0;
  for (const tier::Recovered& found : plane.recover()) {
    const bool sound = Copy::is_sound(found);
    auto copy = std::make_shared<Copy>(plane, gate, found);  // frees the block when it is not adopted
    if (!sound) continue;
    const EntryDescription what{.key = found.info.key,
                                .kind = found.info.kind,
                                .meta = found.info.meta,
                                .bytes = copy->bytes(),
                                .recompute = Nanoseconds{0}};
    const DecisionLock lock(mutex_);
    const EntryId id = engine_.intern(what);
    if (!engine_.adopt(id, level, found.info.encoding)) continue;
    transfers_->adopt(id, level, std::move(copy));
    ++adopted;
  }
  return adopted;
}

void HierarchicalCacheManager::end_request(const policy::RequestInfo& request) {
  if (!fetches_ahead_) return;
  std::unique_ptr<PlannedTransfers> planned;
  {
    const DecisionLock lock(mutex_);
    engine_.end_request(request);
    planned = plan_moves(nullptr);
  }
  transfers_->start(std::move(planned));
}

void HierarchicalCacheManager::set_now(Nanoseconds now) {
  const DecisionLock lock(mutex_);
  engine_.set_now(now);
}

Nanoseconds HierarchicalCacheManager::now() const {
  const DecisionLock lock(mutex_);
  return engine_.now();
}

CacheCounters HierarchicalCacheManager::reset_counters() {
  const DecisionLock lock(mutex_);
  const CacheCounters counted = engine_.counters();
  engine_.reset_counters();
  ++epoch_;
  return counted;
}

CacheCounters HierarchicalCacheManager::counters() const {
  const DecisionLock lock(mutex_);
  return engine_.counters();
}

CacheStatistics HierarchicalCacheManager::statistics() const {
  CacheStatistics all;
  {
    const DecisionLock lock(mutex_);
    all.counters = engine_.counters();
    for (std::size_t i = 0; i < engine_.tier_count(); ++i) all.tiers.push_back(engine_.tier(level_at(i)));
    all.now = engine_.now();
    all.entries_known = engine_.directory().size();
    all.decisions = engine_.log().events();
    all.decision_log_hash = engine_.log().hex();
  }
  all.transfers = transfers_->stats();
  all.pool = pool_.stats();
  return all;
}

std::string HierarchicalCacheManager::decision_log_hash() const {
  const DecisionLock lock(mutex_);
  return engine_.log().hex();
}

std::uint64_t HierarchicalCacheManager::decisions() const {
  const DecisionLock lock(mutex_);
  return engine_.log().events();
}

std::vector<TierOptions> HierarchicalCacheManager::tiers() const {
  const DecisionLock lock(mutex_);
  std::vector<TierOptions> result;
  for (std::size_t i = 0; i < engine_.tier_count(); ++i) result.push_back(engine_.tier(level_at(i)));
  return result;
}

PolicyFacts HierarchicalCacheManager::policy_facts() const {
  const DecisionLock lock(mutex_);
  return engine_.facts();
}

std::optional<PrefetchCounters> HierarchicalCacheManager::prefetches() const {
  const DecisionLock lock(mutex_);
  if (engine_.prefetcher() == nullptr) return std::nullopt;
  return engine_.prefetcher()->counters();
}

void HierarchicalCacheManager::unpin(EntryId id) {
  const DecisionLock lock(mutex_);
  engine_.unpin(id);
}

TensorHandle HierarchicalCacheManager::handle_for(EntryId id, const AccessDecision& decision) {
  TensorHandle handle;
  handle.manager_ = this;
  handle.id_ = id;
  handle.served_ = decision.served;
  handle.level_ = decision.level;
  handle.epoch_ = epoch_;
  handle.counts_ = true;
  handle.prefetched_ = decision.prefetched;
  handle.waited_ = decision.waited;
  handle.copy_ = transfers_->copy_at(id, decision.level);
  engine_.pin(id);
  return handle;
}

std::unique_ptr<PlannedTransfers> HierarchicalCacheManager::plan_moves(const TensorView* content) {
  std::vector<Move>& moves = engine_.moves();
  if (moves.empty()) return nullptr;
  if (companion_ != nullptr) tell_companion(moves);
  if (!user_pins_.empty()) end_pins(moves);
  std::unique_ptr<PlannedTransfers> planned = transfers_->plan(moves, engine_.directory(), content);
  moves.clear();
  return planned;
}

void HierarchicalCacheManager::tell_companion(const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    const bool resident = !engine_.directory()[move.id].copies.empty();
    if (move.kind == Move::Kind::kInsert && resident) companion_->entered(move.id, engine_);
    if (move.kind == Move::Kind::kDrop && !resident) companion_->left(move.id, engine_);
  }
}

void HierarchicalCacheManager::end_pins(const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    const auto pinned = user_pins_.find(move.id);
    if (pinned == user_pins_.end() || !engine_.directory()[move.id].copies.empty()) continue;
    for (; pinned->second > 0; --pinned->second) engine_.unpin(move.id);
    user_pins_.erase(pinned);
  }
}

void HierarchicalCacheManager::tick(Nanoseconds service) {
  if (clock_ == DecisionClock::kServiceSum) engine_.advance(service);
}

}  // namespace cachebench::cache
