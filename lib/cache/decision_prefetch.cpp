// SPDX-License-Identifier: Apache-2.0
// Fetching ahead. A fetch charges the first tier at once and leaves its source alone until it has arrived by
// the decision clock, so that whoever asks meanwhile can be served from there.
#include "cache/decision_engine.h"
#include "core/check.h"

namespace cachebench::cache {

void DecisionEngine::end_request(const policy::RequestInfo& request) {
  if (!prefetcher_) return;
  expire_due();
  complete_fetches();
  for (const EntryId id : prefetcher_->proposals(request)) fetch_ahead(id);
}

void DecisionEngine::fetch_ahead(EntryId id) {
  if (index_of(id) >= directory_.size()) return;
  const Entry& entry = directory_[id];
  const Bytes bytes = entry.what.bytes;
  const Level from = entry.copies.top();
  if (from == Level::kNone || from == Level::kL1) return;
  choose_form(id, Level::kL1);
  if (!fits(id, Level::kL1)) return;
  if (pins_.is_pinned(id) || !prefetcher_->within_budget(bytes)) return;
  if (!could_hold(id, Level::kL1)) return prefetcher_->refuse(bytes);
  hand_out({.kind = Move::Kind::kCopy, .id = id, .from = from, .to = Level::kL1, .ahead = true});
  // Those who leave for it may push others down: not out of the place it is read from.
  pin(id);
  const bool room = make_room(id, Level::kL1);
  unpin(id);
  CACHEBENCH_CHECK(room, "no room for a fetch that was found possible");
  const hardware::Stages stages = costs_.fetch(resting(id, from), bytes);
  prefetcher_->begin(id, bytes, stages, now_);
  enter(id, Level::kL1);
  ++count_at(Level::kL1).promotions_in;
  count_at(from).bytes_read += charged(id, from);
  count_links(stages);
  log_.record(DecisionEvent::kPromote, entry.what.key, from, Level::kL1);
}

void DecisionEngine::complete_fetches() {
  // A live handle read the lower copy when these arrived.
  std::erase_if(give_up_below_, [&](EntryId id) { return give_up_below(id); });
  for (EntryId id = prefetcher_->next_arrived(now_); id != kNoEntry; id = prefetcher_->next_arrived(now_)) {
    if (!give_up_below(id)) give_up_below_.push_back(id);
  }
}

bool DecisionEngine::give_up_below(EntryId id) {
  if (pins_.is_pinned(id)) return false;
  if (!directory_[id].copies.has(Level::kL1) || is_under_way(id)) return true;  // gone again, or on its way
  for (std::size_t i = 1; i < tiers_.size(); ++i) {
    const Level below = level_at(i);
    if (!directory_[id].copies.has(below) || migration_->keeps_below(below)) continue;
    drop(id, below);
  }
  return true;
}

Level DecisionEngine::settle_fetch(EntryId id, AccessDecision& decision) {
  const Entry& entry = directory_[id];
  if (prefetcher_->is_under_way(id)) {
    const Nanoseconds remaining = prefetcher_->remaining(id, now_);
    decision.waited = std::min(remaining, prefetcher_->patience(entry.what.bytes, entry.what.recompute));
    if (decision.waited.count() > 0) prefetcher_->note_wait(decision.waited);
    if (decision.waited < remaining) {
      static_cast<void>(prefetcher_->end(id, PrefetchEnd::kLate));
      decision.cause = MissCause::kLatePrefetch;
      for (std::size_t i = 1; i < tiers_.size(); ++i) {
        if (entry.copies.has(level_at(i))) return level_at(i);
      }
      return Level::kNone;
    }
  }
  decision.prefetched = prefetcher_->end(id, PrefetchEnd::kUsed);
  return Level::kL1;
}

}  // namespace cachebench::cache
