// SPDX-License-Identifier: Apache-2.0
// What policies are told: of an entry, and of the tiers when they ask.
#include <algorithm>
#include <limits>

#include "cache/decision_engine.h"

namespace cachebench::cache {
namespace {

constexpr double kNewestResidence = 1.0 / 64;  // weight in the running mean

}  // namespace

policy::AccessInfo DecisionEngine::info_of(EntryId id) const {
  const Entry& entry = directory_[id];
  return {.bytes = entry.what.bytes,
          .cost = entry.what.recompute,
          .loss = entry.what.recompute,
          .now = now_,
          .sequence = sequence_,
          .next_use = entry.last.next_use,
          .uses = entry.uses,
          .last_use = entry.last_sequence,
          .last_gap = entry.last_gap,
          .request = entry.last.request,
          .depth = entry.what.depth,
          .kind = entry.what.kind};
}

policy::AccessInfo DecisionEngine::info_at(EntryId id, Level level) const {
  policy::AccessInfo info = info_of(id);
  info.bytes = charged(id, level);
  if (tiers_[index_of(level)].wants_loss) info.loss = loss_of(id, level, Afterwards::kEvicted);
  return info;
}

policy::MigrationQuery DecisionEngine::query_of(EntryId id) {
  view_.look_at(id);
  return {.id = id, .access = info_of(id), .copies = directory_[id].copies, .tiers = &view_};
}

Nanoseconds DecisionEngine::loss_of(EntryId id, Level level, Afterwards how) const {
  const Entry& entry = directory_[id];
  const auto fetch = [&](Level from) {
    return costs_.fetch(resting_once_there(id, from), entry.what.bytes).total();
  };
  const Nanoseconds here = fetch(level);
  Nanoseconds there = entry.what.recompute;
  Level next = Level::kNone;
  for (std::size_t i = index_of(level) + 1; i < tiers_.size() && next == Level::kNone; ++i) {
    if (entry.copies.has(level_at(i))) next = level_at(i);
  }
  if (next == Level::kNone && how == Afterwards::kEvicted)
    next = migration_->demotes_to(level, entry.what.bytes).value_or(Level::kNone);
  // Where computing is cheaper than fetching, computing is what one would do.
  if (next != Level::kNone) there = std::min(there, fetch(next));
  return std::max(Nanoseconds{0}, there - here);
}

bool DecisionEngine::admits(EntryId id, Level level, Level from) {
  view_.look_at(id);
  policy::AdmissionQuery query{
      .id = id, .access = info_of(id), .level = level, .from = from, .tiers = &view_};
  query.access.bytes = charged(id, level);
  if (at(level).weighs_loss) query.access.loss = loss_of(id, level, Afterwards::kDropped);
  return at(level).admission->admit(query);
}

void DecisionEngine::note_use(EntryId id, const AccessContext& context) {
  Entry& entry = directory_[id];
  entry.last = context;
  const std::uint64_t gap = entry.uses == 0 ? 0 : sequence_ - entry.last_sequence;
  entry.last_gap = static_cast<std::uint32_t>(std::min<std::uint64_t>(gap, UINT32_MAX));
  entry.last_sequence = sequence_;
  if (entry.uses != UINT32_MAX) ++entry.uses;
}

void DecisionEngine::note_residence(Tier& tier, const Entry& victim) const {
  const auto idle = static_cast<double>(sequence_ - victim.last_sequence);
  tier.residence = tier.residence == 0 ? idle : tier.residence + kNewestResidence * (idle - tier.residence);
}

PolicyFacts DecisionEngine::facts() const {
  PolicyFacts facts;
  for (const Tier& tier : tiers_) {
    tier.eviction->report_facts(facts.eviction.emplace_back());
    tier.admission->report_facts(facts.admission.emplace_back());
  }
  migration_->report_facts(facts.migration);
  if (prefetcher_) {
    prefetcher_->policy().report_facts(facts.prefetch);
    const PrefetchCounters counted = prefetcher_->counters();
    facts.prefetch["waits"] = static_cast<double>(counted.waits);
    facts.prefetch["waited_ns"] = static_cast<double>(counted.waited.count());
    facts.prefetch["over_budget"] = static_cast<double>(counted.over_budget);
    facts.prefetch["unused_at_end_bytes"] = static_cast<double>(counted.unused_at_end.bytes.value);
  }
  return facts;
}

Nanoseconds DecisionEngine::View::fetch(Level level, Bytes bytes) const {
  return engine_.costs_.fetch(resting_of(level, bytes), bytes).total();
}

Nanoseconds DecisionEngine::View::write(Level from, Level to, Bytes bytes) const {
  const hardware::Medium computed = engine_.tiers_.front().options.medium;
  const hardware::Resting source =
      from == Level::kNone ? hardware::Resting{.medium = computed, .bytes = bytes} : resting_of(from, bytes);
  const hardware::Resting target = resting_of(to, bytes);
  return source.medium == target.medium ? Nanoseconds{0} : engine_.costs_.copy(source, target, bytes).total();
}

std::span<const policy::Victim> DecisionEngine::View::victims(Level level, Bytes bytes) {
  Tier& tier = engine_.at(level);
  const auto mark = static_cast<double>(tier.options.capacity.value) * tier.options.high_watermark;
  const Bytes arriving = resting_of(level, bytes).bytes;
  Bytes used = engine_.count_at(level).used;
  std::size_t count = 0;
  // A victim is named again until it leaves, so those named so far are held.
  while (used + arriving > Bytes{static_cast<std::uint64_t>(mark)} && count < kMaxVictims) {
    const EntryId id = tier.eviction->victim(engine_.pins_);
    if (id == kNoEntry) break;
    const Bytes size = engine_.charged(id, level);
    victims_[count++] = {.id = id, .bytes = size, .loss = engine_.loss_of(id, level, Afterwards::kEvicted)};
    engine_.pins_.pin(id);
    used -= size;
  }
  for (std::size_t i = 0; i < count; ++i) engine_.pins_.unpin(victims_[i].id);
  return {victims_.data(), count};
}

double DecisionEngine::View::residence(Level level) const {
  const double mean = engine_.tiers_[index_of(level)].residence;
  return mean == 0 ? std::numeric_limits<double>::infinity() : mean;
}

}  // namespace cachebench::cache
