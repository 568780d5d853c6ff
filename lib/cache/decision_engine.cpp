// SPDX-License-Identifier: Apache-2.0
#include "cache/decision_engine.h"

#include <fmt/format.h>

#include "core/check.h"
#include "core/error.h"
#include "policy/reuse_model.h"

namespace cachebench::cache {
namespace {

constexpr std::uint64_t kIdleScanInterval = 1000;  // accesses

void check_options(const EngineOptions& options) {
  if (options.tiers.empty() || options.tiers.size() > kMaxTiers) {
    throw Error(ErrorKind::kUsage,
                fmt::format("a cache has 1 to {} tiers, not {}", kMaxTiers, options.tiers.size()));
  }
  for (const TierOptions& tier : options.tiers) {
    const bool ordered = tier.low_watermark > 0 && tier.low_watermark <= tier.high_watermark;
    if (!ordered || tier.high_watermark > 1.0) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("tier {}: watermarks must satisfy 0 < low ({}) <= high ({}) <= 1", tier.name,
                              tier.low_watermark, tier.high_watermark));
    }
  }
}

void check_lifetimes(const EngineOptions& options) {
  if (options.default_ttl.count() < 0)
    throw Error(ErrorKind::kUsage, "the default lifetime of entries is below 0; 0 means for ever");
  for (std::size_t kind = 0; kind < options.quotas.size(); ++kind) {
    const double share = options.quotas[kind];
    if (share >= 0 && share <= 1) continue;
    throw Error(ErrorKind::kUsage, fmt::format("quota of {}: {} is not a share from 0 to 1",
                                               name_of(static_cast<ArtefactKind>(kind)), share));
  }
}

}  // namespace

DecisionEngine::DecisionEngine(const EngineOptions& options, const hardware::CostModel& costs)
    : costs_(costs), default_ttl_(options.default_ttl), quotas_(options.quotas) {
  check_options(options);
  check_lifetimes(options);
  RankedEviction::Kinds with_quota{};
  for (std::size_t kind = 0; kind < quotas_.size(); ++kind) with_quota[kind] = quotas_[kind] < 1;
  has_quotas_ = quotas_ != kNoQuotas;
  if (default_ttl_.count() > 0) expiries_.reserve(options.expected_entries);
  layout_.count = options.tiers.size();
  const auto learning = std::make_shared<policy::SharedLearning>();
  for (std::size_t i = 0; i < options.tiers.size(); ++i) {
    const TierOptions& tier = options.tiers[i];
    layout_.capacity[i] = tier.capacity;
    const policy::EvictionContext context{.capacity = tier.capacity,
                                          .seed = options.seed + i,
                                          .expected_entries = options.expected_entries,
                                          .future_ids = {},
                                          .learning = learning};
    Tier made;
    made.options = tier;
    made.compression = CompressionPolicy(tier.compression);
    made.capacity_limit = tier.capacity;
    if (has_quotas_ || options.priorities == Priorities::kOn) {
      auto ranked = std::make_unique<RankedEviction>(tier.eviction, context, with_quota);
      made.ranked = ranked.get();
      made.eviction = std::move(ranked);
    } else {
      made.eviction = policy::make_eviction(tier.eviction, context);
    }
    made.admission = policy::make_admission(tier.admission, tier.capacity);
    if (const auto* descriptor = policy::EvictionRegistry::instance().find(tier.eviction.name)) {
      made.wants_loss = descriptor->uses_profile;
      made.sees_future = descriptor->sees_future;
    }
    if (const auto* descriptor = policy::AdmissionRegistry::instance().find(tier.admission.name)) {
      made.weighs_loss = descriptor->uses_profile;
      made.watches = !descriptor->stateless;
    }
    tiers_.push_back(std::move(made));
  }
  migration_ = policy::make_migration(options.migration, layout_);
  if (options.prefetch.name != "none")
    prefetcher_ = std::make_unique<Prefetcher>(options.prefetch, options.prefetch_rules);
}

void DecisionEngine::expect_access(ArtefactKind kind) const {
  constexpr std::size_t kLine = 64;
  const auto* counted = reinterpret_cast<const char*>(&counters_);
  const auto* of_kind = reinterpret_cast<const char*>(&counters_.kinds[static_cast<std::size_t>(kind)]);
  for (std::size_t i = 0; i < 4; ++i) __builtin_prefetch(counted + i * kLine, 1);
  for (std::size_t i = 0; i < 2; ++i) __builtin_prefetch(of_kind + i * kLine, 1);
  __builtin_prefetch(&counters_.links, 1);
  __builtin_prefetch(&now_, 1);
  __builtin_prefetch(&pins_, 1);
  __builtin_prefetch(&tiers_.front().pinned, 1);
}

KindCounters& DecisionEngine::count_kind(EntryId id) {
  return counters_.kinds[static_cast<std::size_t>(directory_[id].what.kind)];
}

void DecisionEngine::count_request(EntryId id) {
  const Bytes bytes = directory_[id].what.bytes;
  ++counters_.accesses;
  counters_.bytes_requested += bytes;
  KindCounters& kind = count_kind(id);
  ++kind.accesses;
  kind.bytes_requested += bytes;
}

void DecisionEngine::count_miss(EntryId id, MissCause cause) {
  ++counters_.misses;
  ++counters_.causes[static_cast<std::size_t>(cause)];
  counters_.bytes_missed += directory_[id].what.bytes;
  ++count_kind(id).misses;
}

void DecisionEngine::count_hit(EntryId id, Level level, Nanoseconds service, EntryId serving) {
  const KnownDescription& what = directory_[id].what;
  ++counters_.hits;
  counters_.bytes_hit += what.bytes;
  KindCounters& kind = count_kind(id);
  ++kind.hits;
  const std::int64_t saved = (costs_.lookup() + what.recompute - service).count();
  kind.saved_ns += saved;
  counters_.saved_ns += saved;
  // A promotion is the same transfer: its bytes cross the links once.
  count_at(level).bytes_read += charged(serving, level);
  count_links(costs_.fetch(resting(serving, level), directory_[serving].what.bytes));
}

AccessDecision DecisionEngine::access(EntryId id, Bytes bytes, const AccessContext& context) {
  if (prefetcher_) complete_fetches();
  expire_due();
  note_use(id, context);
  AccessDecision decision;
  decision.bytes = bytes;
  decision.gap = directory_[id].last_gap;
  const bool new_size = bytes != directory_[id].what.bytes;
  if (new_size) recharge(id, bytes);
  count_request(id);
  const policy::AccessInfo info = info_of(id);
  tell_of_access(id, info);

  const Level top = directory_[id].copies.top();
  decision.cause = directory_[id].absent;
  const Level found = prefetcher_ && top == Level::kL1 ? settle_fetch(id, decision) : top;
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    ++counters_.tiers[i].accesses;
    if (level_at(i) == found) break;
    ++counters_.tiers[i].misses;
  }
  if (found == Level::kNone) {
    decision.service = decision.waited + costs_.lookup() + directory_[id].what.recompute;
    count_miss(id, decision.cause);
    if (new_size && top == Level::kL1) drop(id, top);  // what is on its way is out of date
  } else {
    decision.hit = true;
    decision.served = found;
    decision.resting = resting(id, found);
    decision.service = decision.waited + costs_.hit_cost(decision.resting, bytes);
    ++count_at(found).hits;
    count_hit(id, found, decision.service, id);
    at(found).eviction->on_hit(id, at(found).has_own_view() ? info_at(id, found) : info);
    if (new_size) settle(id);
    // What is on its way to the first tier moves nowhere else.
    if (directory_[id].copies.has(found) && found == top) move_after_hit(id, found, info);
    decision.resized = new_size && !directory_[id].copies.empty();
    decision.level = found == top                       ? directory_[id].copies.top()
                     : directory_[id].copies.has(found) ? found
                                                        : Level::kNone;
  }
  counters_.service_ns += decision.service.count();
  touch_recency(id);
  ++sequence_;
  if (++lookups_ % kIdleScanInterval == 0) move_idle_entries();
  return decision;
}

// Covered references apart, which nobody used.
void DecisionEngine::tell_of_access(EntryId id, const policy::AccessInfo& info) {
  migration_->on_access(id, info);
  for (Tier& tier : tiers_) {
    if (tier.watches) tier.admission->on_access(id, info);
  }
  if (prefetcher_) prefetcher_->policy().on_access(id, info);
}

void DecisionEngine::tell_oracles(EntryId id) {
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    // An oracle whose next use has come and gone would keep the entry for ever.
    if (tiers_[i].sees_future && directory_[id].copies.has(level_at(i)))
      tiers_[i].eviction->on_hit(id, info_at(id, level_at(i)));
  }
}

Nanoseconds DecisionEngine::account_skipped(EntryId id, Skipped how, const AccessContext& context) {
  expire_due();
  count_request(id);
  if (how == Skipped::kCovered) {
    directory_[id].last = context;
  } else {
    note_use(id, context);
  }
  tell_oracles(id);
  if (how == Skipped::kBehindGap) {
    tell_of_access(id, info_of(id));
  } else if (prefetcher_) {
    prefetcher_->policy().on_access(id, info_of(id));
  }
  ++sequence_;
  const Entry& entry = directory_[id];
  if (how == Skipped::kCovered) {
    ++counters_.covered;
    KindCounters& kind = count_kind(id);
    ++kind.covered;
    kind.saved_ns += entry.what.recompute.count();
    counters_.saved_ns += entry.what.recompute.count();
    return Nanoseconds{0};
  }
  count_miss(id, entry.copies.empty() ? entry.absent : MissCause::kBrokenPrefix);
  const Nanoseconds service = costs_.lookup() + entry.what.recompute;
  counters_.service_ns += service.count();
  return service;
}

Nanoseconds DecisionEngine::account_joined(EntryId id, Level landed, MissCause cause,
                                           const AccessContext& context) {
  count_request(id);
  note_use(id, context);
  tell_of_access(id, info_of(id));
  if (prefetcher_) {
    complete_fetches();
    if (landed == Level::kL1)
      static_cast<void>(prefetcher_->end(id, is_under_way(id) ? PrefetchEnd::kLate : PrefetchEnd::kUsed));
  }
  Nanoseconds service{0};
  const std::size_t reached = landed == Level::kNone ? tiers_.size() : index_of(landed) + 1;
  for (std::size_t i = 0; i < reached; ++i) {
    ++counters_.tiers[i].accesses;
    if (level_at(i) != landed) ++counters_.tiers[i].misses;
  }
  if (landed == Level::kNone) {
    service = costs_.lookup() + directory_[id].what.recompute;
    count_miss(id, cause);
  } else {
    service = costs_.hit_cost(resting(id, landed), directory_[id].what.bytes);
    ++counters_.joined_hits;
    ++count_at(landed).hits;
    count_hit(id, landed, service, id);
    at(landed).eviction->on_hit(id, info_at(id, landed));
    touch_recency(id);
  }
  ++sequence_;
  counters_.service_ns += service.count();
  return service;
}

policy::LevelSet DecisionEngine::put(EntryId id, const PutTerms& terms) {
  if (prefetcher_) complete_fetches();
  expire_due();
  Entry& entry = directory_[id];
  for (Tier& tier : tiers_) {
    if (tier.ranked != nullptr) tier.ranked->set_priority(id, terms.priority);
  }
  const Nanoseconds ttl = terms.ttl.value_or(default_ttl_);
  const bool ends = ttl.count() > 0 && ttl < ExpiryQueue::kNever - now_;
  expiries_.set(id, ends ? now_ + ttl : ExpiryQueue::kNever);
  if (!entry.copies.empty()) {  // was resident behind a gap: the recomputed one is a touch
    at(entry.copies.top()).eviction->on_hit(id, info_at(id, entry.copies.top()));
    touch_recency(id);
    return entry.copies;
  }
  policy::LevelSet wanted = migration_->on_put(query_of(id));
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    if (!wanted.has(level_at(i))) continue;
    choose_form(id, level_at(i));
    if (fits(id, level_at(i))) continue;
    wanted.remove(level_at(i));
    if (i + 1 < tiers_.size()) wanted.add(level_at(i + 1));
  }
  MissCause refused = MissCause::kTooLarge;
  // From below, so that an upper tier's policy knows of the copy that stays when its own goes.
  for (std::size_t i = tiers_.size(); i-- > 0;) {
    const Level level = level_at(i);
    if (!wanted.has(level)) continue;
    if (!admits(id, level, Level::kNone)) {
      refused = MissCause::kNotAdmitted;
    } else if (!make_room(id, level)) {
      refused = MissCause::kCapacity;  // everything there is pinned
    } else {
      enter(id, level);
      ++counters_.insertions;
      count_write(id, level);
      log_.record(DecisionEvent::kInsert, entry.what.key, Level::kNone, level);
      hand_out({.kind = Move::Kind::kInsert, .id = id, .from = Level::kNone, .to = level});
    }
  }
  if (entry.copies.empty()) {
    entry.absent = refused;
    ++counters_.refusals;
    log_.record(DecisionEvent::kRefuse, entry.what.key, Level::kNone, Level::kNone);
  }
  touch_recency(id);
  return entry.copies;
}

void DecisionEngine::erase(EntryId id, MissCause why) {
  Entry& entry = directory_[id];
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    if (!entry.copies.has(level_at(i))) continue;
    drop(id, level_at(i));
    if (why == MissCause::kExpired)
      log_.record(DecisionEvent::kExpire, entry.what.key, level_at(i), Level::kNone);
  }
  entry.absent = why;
}

void DecisionEngine::drop_corrupt(EntryId id, Level level, Level source) {
  Entry& entry = directory_[id];
  for (const Level unusable : {level, source}) {
    if (unusable == Level::kNone || !entry.copies.has(unusable)) continue;
    if (prefetcher_ && unusable == Level::kL1) static_cast<void>(prefetcher_->end(id, PrefetchEnd::kCorrupt));
    drop(id, unusable);
    if (entry.copies.empty()) entry.absent = MissCause::kCorrupt;
  }
}

Nanoseconds DecisionEngine::uncount_hit(EntryId id, const CountedHit& hit) {
  const Level level = hit.level;
  const bool similar = hit.asked != kNoEntry;
  const EntryId asked = similar ? hit.asked : id;
  const KnownDescription& what = directory_[asked].what;
  const Bytes read = directory_[id].what.bytes;
  const Nanoseconds hit_cost = hit.waited + costs_.hit_cost(resting(id, level), read);
  if (hit.prefetched && prefetcher_) prefetcher_->recount_corrupt(read);
  const std::int64_t saved = (costs_.lookup() + what.recompute - hit_cost).count();
  --counters_.hits;
  if (hit.joined) --counters_.joined_hits;
  if (similar) {
    --counters_.similar_hits;
    --count_kind(asked).similar_hits;
  }
  --count_kind(asked).hits;
  --count_at(level).hits;
  ++count_at(level).misses;
  for (std::size_t i = index_of(level) + 1; i < tiers_.size(); ++i) {
    ++counters_.tiers[i].accesses;
    ++counters_.tiers[i].misses;
  }
  counters_.bytes_hit -= what.bytes;
  counters_.saved_ns -= saved;
  count_kind(asked).saved_ns -= saved;
  count_miss(asked, MissCause::kCorrupt);
  counters_.service_ns += what.recompute.count();
  return what.recompute;
}

void DecisionEngine::reset_counters() {
  counters_.reset();
  if (prefetcher_) prefetcher_->reset();
}

void DecisionEngine::describe(EntryId id, const EntryDescription& what) {
  Entry& entry = directory_[id];
  CACHEBENCH_CHECK(entry.copies.empty(), "a resident entry is what it is");
  const Nanoseconds known = entry.what.recompute;
  directory_.describe(id, what);
  if (what.recompute.count() == 0) entry.what.recompute = known;
}

bool DecisionEngine::adopt(EntryId id, Level level, tier::Encoding form) {
  TierCounters& count = count_at(level);
  if (directory_[id].copies.has(level)) return false;
  directory_[id].forms[index_of(level)] = form;
  const Bytes bytes = charged(id, level);
  if (count.used + bytes > at(level).options.capacity) return false;
  at(level).keeps_forms |= form != tier::Encoding::kPlain;
  enter(id, level);
  touch_recency(id);
  count.bytes_written -= bytes;  // it was there before
  return true;
}

void DecisionEngine::pin(EntryId id) {
  if (!pins_.is_pinned(id)) {
    for (std::size_t i = 0; i < tiers_.size(); ++i) {
      if (!directory_[id].copies.has(level_at(i))) continue;
      tiers_[i].pinned += charged(id, level_at(i));
      charge(tiers_[i].pinned_by, id, level_at(i), Change::kAdd);
    }
  }
  pins_.pin(id);
}

void DecisionEngine::unpin(EntryId id) {
  pins_.unpin(id);
  if (pins_.is_pinned(id)) return;
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    if (!directory_[id].copies.has(level_at(i))) continue;
    tiers_[i].pinned -= charged(id, level_at(i));
    charge(tiers_[i].pinned_by, id, level_at(i), Change::kTake);
  }
}

}  // namespace cachebench::cache
