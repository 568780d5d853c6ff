// SPDX-License-Identifier: Apache-2.0
// How copies enter, leave and change tiers. At a move the source is freed and the target charged in the same
// instant, so two full tiers can exchange entries; whether a target can make room at all is asked before.
#include "cache/decision_engine.h"
#include "core/check.h"
#include "core/trace_range.h"

namespace cachebench::cache {

using hardware::Medium;

bool DecisionEngine::could_hold(EntryId id, Level level) const {
  const Tier& tier = tiers_[index_of(level)];
  const KnownDescription& what = directory_[id].what;
  const Bytes bytes = charged(id, level);
  if (tier.pinned + bytes > tier.options.capacity) return false;
  return !has_quotas_ ||
         tier.pinned_by[static_cast<std::size_t>(what.kind)] + bytes <= quota(level, what.kind);
}

void DecisionEngine::move_after_hit(EntryId id, Level found, const policy::AccessInfo& info) {
  const policy::HitMove move =
      migration_->on_hit({.id = id, .access = info, .copies = directory_[id].copies, .tiers = &view_}, found);
  if (move.target != Level::kNone) promote(id, found, move);
  if (!move.also.empty()) copy_down(id, move.also);
}

void DecisionEngine::promote(EntryId id, Level from, const policy::HitMove& move) {
  // A live handle reads the lower copy: it stays where it is.
  if (pins_.is_pinned(id) || directory_[id].copies.has(move.target)) return;
  choose_form(id, move.target);
  if (!could_hold(id, move.target)) return;
  if (!move.keep_source) leave(id, from, policy::EraseReason::kRemoved);
  // The move is handed out before the evictions that make room for it, so that its source is held first.
  hand_out({.kind = move.keep_source ? Move::Kind::kCopy : Move::Kind::kMove,
            .id = id,
            .from = from,
            .to = move.target});
  const bool room = make_room(id, move.target);
  CACHEBENCH_CHECK(room, "no room for a promotion that was found possible");
  enter(id, move.target);
  ++count_at(move.target).promotions_in;
  log_.record(DecisionEvent::kPromote, directory_[id].what.key, from, move.target);
}

void DecisionEngine::copy_down(EntryId id, policy::LevelSet targets) {
  for (std::size_t i = 1; i < tiers_.size(); ++i) {
    const Level to = level_at(i);
    const Level from = directory_[id].copies.top();
    if (!targets.has(to) || directory_[id].copies.has(to) || from >= to) continue;
    if (pins_.is_pinned(id)) continue;
    choose_form(id, to);
    if (!could_hold(id, to) || !admits(id, to, from)) continue;
    hand_out({.kind = Move::Kind::kCopy, .id = id, .from = from, .to = to});
    const bool room = make_room(id, to);
    CACHEBENCH_CHECK(room, "no room for a copy that was found possible");
    enter(id, to);
    count_demotion(id, from, to);
  }
}

bool DecisionEngine::make_room(EntryId id, Level level) {
  const TierOptions& options = at(level).options;
  const Bytes bytes = charged(id, level);
  if (!could_hold(id, level)) return false;
  at(level).eviction->on_arrival(id, info_at(id, level));
  if (has_quotas_) keep_within_quota(level, directory_[id].what.kind, bytes);
  const auto share = [&](double mark) {
    return Bytes{static_cast<std::uint64_t>(static_cast<double>(options.capacity.value) * mark)};
  };
  if (count_at(level).used + bytes <= share(options.high_watermark)) return true;
  move_idle_entries();
  const Bytes goal = share(options.low_watermark);
  while (count_at(level).used + bytes > goal) {
    if (!evict_from(level)) break;
  }
  return count_at(level).used + bytes <= options.capacity;
}

bool DecisionEngine::evict_from(Level level) {
  return evict(at(level).eviction->victim(pins_), level);
}

bool DecisionEngine::evict(EntryId victim, Level level) {
  if (victim == kNoEntry) return false;
  const TraceRange range(trace_names::kEvict, directory_[victim].what.bytes.value);
  note_residence(at(level), directory_[victim]);
  const bool arrived = level != Level::kL1 || !is_under_way(victim);
  leave(victim, level, policy::EraseReason::kEvicted);
  ++count_at(level).evictions;
  log_.record(DecisionEvent::kEvict, directory_[victim].what.key, level, Level::kNone);
  if (directory_[victim].copies.empty()) directory_[victim].absent = MissCause::kCapacity;
  // What had not arrived yet is not written down: where it came from still has it, or gave it up.
  const std::optional<Level> target = arrived ? migration_->on_evict(query_of(victim), level) : std::nullopt;
  if (target && !directory_[victim].copies.has(*target)) {
    demote(victim, level, *target, Source::kLeft);
  } else {
    hand_out({.kind = Move::Kind::kDrop, .id = victim, .from = level, .to = Level::kNone});
  }
  return true;
}

void DecisionEngine::demote(EntryId id, Level from, Level to, Source source) {
  for (; index_of(to) < tiers_.size(); to = level_at(index_of(to) + 1)) {
    choose_form(id, to);
    if (fits(id, to)) break;
  }
  const bool possible = index_of(to) < tiers_.size() && could_hold(id, to) && admits(id, to, from);
  if (!possible) {
    if (source == Source::kLeft)
      hand_out({.kind = Move::Kind::kDrop, .id = id, .from = from, .to = Level::kNone});
    return;
  }
  if (source == Source::kResident) leave(id, from, policy::EraseReason::kRemoved);
  hand_out({.kind = Move::Kind::kMove, .id = id, .from = from, .to = to});
  const bool room = make_room(id, to);
  CACHEBENCH_CHECK(room, "no room for a demotion that was found possible");
  enter(id, to);
  count_demotion(id, from, to);
}

// What was computed is where the first tier is.
void DecisionEngine::count_write(EntryId id, Level to) {
  const Bytes bytes = directory_[id].what.bytes;
  const hardware::Resting computed{.medium = tiers_.front().options.medium, .bytes = bytes};
  if (at(to).options.medium != computed.medium) count_links(costs_.copy(computed, resting(id, to), bytes));
}

void DecisionEngine::count_demotion(EntryId id, Level from, Level to) {
  const Bytes bytes = directory_[id].what.bytes;
  ++count_at(to).demotions_in;
  count_at(from).bytes_read += charged(id, from);
  count_links(costs_.copy(resting(id, from), resting(id, to), bytes));
  log_.record(DecisionEvent::kDemote, directory_[id].what.key, from, to);
}

void DecisionEngine::enter(EntryId id, Level level) {
  Entry& entry = directory_[id];
  TierCounters& count = count_at(level);
  if (entry.copies.empty()) ++residents_;
  const Bytes bytes = charged(id, level);
  entry.copies.add(level);
  count.used += bytes;
  count.peak = std::max(count.peak, count.used);
  count.bytes_written += bytes;
  count_form(id, level);
  CACHEBENCH_CHECK(count.used <= at(level).options.capacity, "tier {} holds {} of {} bytes", index_of(level),
                   count.used.value, at(level).options.capacity.value);
  charge(at(level).used_by, id, level, Change::kAdd);
  if (pins_.is_pinned(id)) {
    at(level).pinned += bytes;
    charge(at(level).pinned_by, id, level, Change::kAdd);
  }
  at(level).eviction->on_insert(id, info_at(id, level));
}

void DecisionEngine::leave(EntryId id, Level level, policy::EraseReason reason) {
  Entry& entry = directory_[id];
  entry.copies.remove(level);
  const Bytes bytes = charged(id, level);
  count_at(level).used -= bytes;
  charge(at(level).used_by, id, level, Change::kTake);
  if (pins_.is_pinned(id)) {
    at(level).pinned -= bytes;
    charge(at(level).pinned_by, id, level, Change::kTake);
  }
  at(level).eviction->on_erase(id, reason);
  if (prefetcher_ && level == Level::kL1) prefetcher_->forget(id);
  if (!entry.copies.empty()) return;
  --residents_;
  recency_.remove(id);
}

void DecisionEngine::drop(EntryId id, Level level) {
  leave(id, level, policy::EraseReason::kRemoved);
  hand_out({.kind = Move::Kind::kDrop, .id = id, .from = level, .to = Level::kNone});
}

void DecisionEngine::recharge(EntryId id, Bytes bytes) {
  Entry& entry = directory_[id];
  const bool pinned = pins_.is_pinned(id);
  const auto charge_all = [&](Change change) {
    for (std::size_t i = 0; i < tiers_.size(); ++i) {
      const Level level = level_at(i);
      if (!entry.copies.has(level)) continue;
      const Bytes taken = charged(id, level);
      Bytes& used = counters_.tiers[i].used;
      used = change == Change::kAdd ? used + taken : used - taken;
      charge(tiers_[i].used_by, id, level, change);
      if (!pinned) continue;
      tiers_[i].pinned = change == Change::kAdd ? tiers_[i].pinned + taken : tiers_[i].pinned - taken;
      charge(tiers_[i].pinned_by, id, level, change);
    }
  };
  charge_all(Change::kTake);
  entry.what.bytes = bytes;
  directory_.set_meta(id, {.shape = {static_cast<std::int64_t>(bytes.value)}, .dtype = DType::kU8});
  entry.forms = {};
  charge_all(Change::kAdd);
}

void DecisionEngine::settle(EntryId id) {
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    const Level level = level_at(i);
    if (!directory_[id].copies.has(level)) continue;
    TierCounters& count = counters_.tiers[i];
    if (!fits(id, level)) {  // grown beyond the tier: it cannot stay
      drop(id, level);
      if (directory_[id].copies.empty()) directory_[id].absent = MissCause::kTooLarge;
      continue;
    }
    const ArtefactKind kind = directory_[id].what.kind;
    if (has_quotas_) {
      keep_within_quota(level, kind, Bytes{});
      if (!directory_[id].copies.has(level)) continue;
      if (tiers_[i].used_by[static_cast<std::size_t>(kind)] > quota(level, kind)) {
        drop(id, level);
        if (directory_[id].copies.empty()) directory_[id].absent = MissCause::kCapacity;
        continue;
      }
    }
    while (count.used > tiers_[i].options.capacity && evict_from(level)) {
    }
    if (count.used >
        tiers_[i].options.capacity) {  // all else is pinned: a handle keeps its bytes, not its place
      drop(id, level);
      if (directory_[id].copies.empty()) directory_[id].absent = MissCause::kCapacity;
    }
    count.peak = std::max(count.peak, count.used);
  }
}

void DecisionEngine::touch_recency(EntryId id) {
  directory_[id].last_access = now_;
  if (migration_->idle_limit() && !directory_[id].copies.empty()) recency_.touch(id);
}

void DecisionEngine::move_idle_entries() {
  const std::optional<Nanoseconds> limit = migration_->idle_limit();
  if (!limit || moving_idle_ || tiers_.size() < 2) return;
  moving_idle_ = true;
  const Level last = level_at(tiers_.size() - 1);
  for (EntryId id = recency_.oldest(); id != kNoEntry; id = recency_.oldest()) {
    if (now_ - directory_[id].last_access <= *limit) break;
    recency_.remove(id);  // looked at once; its next access lists it again
    const Level from = directory_[id].copies.top();
    if (from != last && !pins_.is_pinned(id) && !directory_[id].copies.has(last))
      demote(id, from, last, Source::kResident);
  }
  moving_idle_ = false;
}

void DecisionEngine::count_links(const hardware::Stages& stages) {
  LinkCounters& links = counters_.links;
  for (const hardware::Stage& stage : stages.span()) {
    switch (stage.resource) {
      case hardware::Resource::kPcieUp:
        links.pcie_up += stage.bytes;
        break;
      case hardware::Resource::kPcieDown:
        links.pcie_down += stage.bytes;
        break;
      case hardware::Resource::kSsdRead:
        links.ssd_read += stage.bytes;
        break;
      case hardware::Resource::kSsdWrite:
        links.ssd_write += stage.bytes;
        break;
      case hardware::Resource::kCpu:
      case hardware::Resource::kGpu:
        break;
    }
  }
}

}  // namespace cachebench::cache
