// SPDX-License-Identifier: Apache-2.0
// The terms under which entries stay: how long, within which share of a tier, in how large a tier, and in
// whose place they may serve.
#include <fmt/format.h>

#include "cache/decision_engine.h"
#include "core/check.h"
#include "core/error.h"

namespace cachebench::cache {

void DecisionEngine::check_terms(const PutTerms& terms) const {
  if (terms.ttl && terms.ttl->count() <= 0) {
    throw Error(ErrorKind::kUsage, fmt::format("a lifetime of {} ns: it has to be above 0; leave it out for "
                                               "the default",
                                               terms.ttl->count()));
  }
  if (terms.priority >= kPriorities) {
    throw Error(ErrorKind::kUsage,
                fmt::format("priority {}: there are 0 to {}", terms.priority, kPriorities - 1));
  }
  if (terms.priority != kNormalPriority && tiers_.front().ranked == nullptr)
    throw Error(ErrorKind::kUsage, "this cache was made without priorities");
}

void DecisionEngine::expire() {
  for (EntryId id = expiries_.pop_due(now_); id != kNoEntry; id = expiries_.pop_due(now_)) {
    if (directory_[id].copies.empty()) continue;  // left before it expired
    ++counters_.expired;
    ++count_kind(id).expired;
    erase(id, MissCause::kExpired);
  }
}

Bytes DecisionEngine::quota(Level level, ArtefactKind kind) const {
  const Bytes capacity = tiers_[index_of(level)].options.capacity;
  const double share = quotas_[static_cast<std::size_t>(kind)];
  if (share >= 1) return capacity;
  return SizeSpec{.absolute = {}, .share = share, .is_share = true}.resolve(capacity);
}

bool DecisionEngine::fits(EntryId id, Level level) const {
  const KnownDescription& what = directory_[id].what;
  const Bytes bytes = charged(id, level);
  return layout_.fits(level, bytes) && (!has_quotas_ || bytes <= quota(level, what.kind));
}

void DecisionEngine::charge(std::array<Bytes, kArtefactKinds>& sums, EntryId id, Level level, Change change) {
  if (!has_quotas_) return;
  const Bytes bytes = charged(id, level);
  Bytes& sum = sums[static_cast<std::size_t>(directory_[id].what.kind)];
  sum = change == Change::kAdd ? sum + bytes : sum - bytes;
}

void DecisionEngine::keep_within_quota(Level level, ArtefactKind kind, Bytes arriving) {
  if (quotas_[static_cast<std::size_t>(kind)] >= 1) return;
  Tier& tier = at(level);
  const Bytes share = quota(level, kind);
  while (tier.used_by[static_cast<std::size_t>(kind)] + arriving > share) {
    if (!evict(tier.ranked->victim_of(kind, pins_), level)) return;
  }
}

Bytes DecisionEngine::resize(Level level, Bytes capacity) {
  Tier& tier = at(level);
  if (capacity > tier.capacity_limit) {
    throw Error(ErrorKind::kUsage, fmt::format("tier {} was made for {} bytes and cannot grow to {}",
                                               tier.options.name, tier.capacity_limit.value, capacity.value));
  }
  const auto take = [&](Bytes bytes) {
    tier.options.capacity = bytes;
    layout_.capacity[index_of(level)] = bytes;
  };
  const Bytes before = tier.options.capacity;
  take(std::max(capacity, tier.pinned));
  for (std::size_t i = 0; i < quotas_.size() && has_quotas_; ++i) {
    // What is pinned of one kind has to stay within its share too: then nothing changes.
    if (tier.pinned_by[i] > quota(level, static_cast<ArtefactKind>(i)) && capacity < before) take(before);
  }
  for (std::size_t i = 0; i < quotas_.size() && has_quotas_; ++i)
    keep_within_quota(level, static_cast<ArtefactKind>(i), Bytes{});
  while (count_at(level).used > tier.options.capacity && evict_from(level)) {
  }
  return tier.options.capacity;
}

bool DecisionEngine::can_stand_in(EntryId id) const {
  return index_of(id) < directory_.size() && !directory_[id].copies.empty() && !is_under_way(id);
}

AccessDecision DecisionEngine::access_similar(EntryId asked, EntryId serving, const AccessContext& context) {
  CACHEBENCH_CHECK(can_stand_in(serving), "entry {} cannot stand in", index_of(serving));
  if (prefetcher_) complete_fetches();
  // Its own future is not that of the content asked for.
  AccessContext use = context;
  use.next_use = directory_[serving].last.next_use;
  note_use(serving, use);
  count_request(asked);
  const policy::AccessInfo info = info_of(serving);
  tell_of_access(serving, info);
  AccessDecision decision;
  decision.hit = true;
  decision.bytes = directory_[serving].what.bytes;
  const Level top = directory_[serving].copies.top();
  const Level found = prefetcher_ && top == Level::kL1 ? settle_fetch(serving, decision) : top;
  decision.served = found;
  decision.resting = resting(serving, found);
  decision.service = decision.waited + costs_.hit_cost(decision.resting, decision.bytes);
  for (std::size_t i = 0; i <= index_of(found); ++i) {
    ++counters_.tiers[i].accesses;
    if (level_at(i) != found) ++counters_.tiers[i].misses;
  }
  ++count_at(found).hits;
  ++counters_.similar_hits;
  ++count_kind(asked).similar_hits;
  count_hit(asked, found, decision.service, serving);
  at(found).eviction->on_hit(serving, at(found).has_own_view() ? info_at(serving, found) : info);
  move_after_hit(serving, found, info);
  decision.level = directory_[serving].copies.top();
  counters_.service_ns += decision.service.count();
  touch_recency(serving);
  ++sequence_;
  ++lookups_;
  return decision;
}

}  // namespace cachebench::cache
