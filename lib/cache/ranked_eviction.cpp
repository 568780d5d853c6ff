// SPDX-License-Identifier: Apache-2.0
#include "cache/ranked_eviction.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "policy/reuse_model.h"

namespace cachebench::cache {

RankedEviction::RankedEviction(NamedParameters policy, const policy::EvictionContext& context,
                               const Kinds& with_quota)
    : policy_(std::move(policy)), context_(context), context_of_kinds_(context), with_quota_(with_quota) {
  context_of_kinds_.learning = std::make_shared<policy::SharedLearning>();
  places_.reserve(context.expected_entries);
  ranking(classes_, kNormalPriority);  // complains about a bad policy now
}

policy::EvictionPolicy& RankedEviction::ranking(Classes& classes, Priority priority) {
  auto& made = classes[priority];
  if (!made) made = policy::make_eviction(policy_, &classes == &classes_ ? context_ : context_of_kinds_);
  return *made;
}

RankedEviction::Place& RankedEviction::place_of(EntryId id) {
  if (index_of(id) >= places_.size()) places_.resize(std::size_t{index_of(id)} + 1);
  return places_[index_of(id)];
}

void RankedEviction::set_priority(EntryId id, Priority priority) {
  CACHEBENCH_CHECK(priority < kPriorities, "priority {}", priority);
  if (priority_of(id) != priority) place_of(id).wanted = priority;
}

Priority RankedEviction::priority_of(EntryId id) const {
  return index_of(id) < places_.size() ? places_[index_of(id)].wanted : kNormalPriority;
}

void RankedEviction::on_arrival(EntryId id, const policy::AccessInfo& access) {
  const Priority priority = priority_of(id);
  const auto kind = static_cast<std::size_t>(access.kind);
  ranking(classes_, priority).on_arrival(id, access);
  if (with_quota_[kind]) ranking(kinds_[kind], priority).on_arrival(id, access);
}

void RankedEviction::on_insert(EntryId id, const policy::AccessInfo& access) {
  Place& place = place_of(id);
  const auto kind = static_cast<std::size_t>(access.kind);
  place.priority = place.wanted;
  place.kind = with_quota_[kind] ? static_cast<std::uint8_t>(kind) : kNoKind;
  ranking(classes_, place.priority).on_insert(id, access);
  if (place.kind != kNoKind) ranking(kinds_[place.kind], place.priority).on_insert(id, access);
}

void RankedEviction::on_hit(EntryId id, const policy::AccessInfo& access) {
  const Place& place = place_of(id);
  ranking(classes_, place.priority).on_hit(id, access);
  if (place.kind != kNoKind) ranking(kinds_[place.kind], place.priority).on_hit(id, access);
}

void RankedEviction::on_erase(EntryId id, policy::EraseReason reason) {
  const Place& place = place_of(id);
  ranking(classes_, place.priority).on_erase(id, reason);
  if (place.kind != kNoKind) ranking(kinds_[place.kind], place.priority).on_erase(id, reason);
}

EntryId RankedEviction::lowest_victim(const Classes& classes, const policy::PinSet& pins) {
  for (const auto& ranked : classes) {
    if (!ranked) continue;
    if (const EntryId id = ranked->victim(pins); id != kNoEntry) return id;
  }
  return kNoEntry;
}

EntryId RankedEviction::victim(const policy::PinSet& pins) {
  return lowest_victim(classes_, pins);
}

EntryId RankedEviction::victim_of(ArtefactKind kind, const policy::PinSet& pins) {
  CACHEBENCH_CHECK(with_quota_[static_cast<std::size_t>(kind)], "{} has no quota", name_of(kind));
  return lowest_victim(kinds_[static_cast<std::size_t>(kind)], pins);
}

void RankedEviction::report_facts(std::map<std::string, double>& facts) const {
  classes_[kNormalPriority]->report_facts(facts);
}

}  // namespace cachebench::cache
