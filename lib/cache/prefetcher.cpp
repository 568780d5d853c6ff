// SPDX-License-Identifier: Apache-2.0
#include "cache/prefetcher.h"

#include <algorithm>

#include "core/check.h"

namespace cachebench::cache {

const char* name_of(PrefetchWait wait) {
  switch (wait) {
    case PrefetchWait::kBestEffort:
      return "best-effort";
    case PrefetchWait::kWaitComplete:
      return "wait-complete";
    case PrefetchWait::kTimeout:
      return "timeout";
    case PrefetchWait::kDeadline:
      break;
  }
  return "deadline";
}

Prefetcher::Prefetcher(const NamedParameters& policy, const PrefetchRules& rules)
    : rules_(rules), policy_(policy::make_prefetch(policy)) {}

const std::vector<EntryId>& Prefetcher::proposals(const policy::RequestInfo& request) {
  proposed_.clear();
  policy_->propose(request, proposed_);
  return proposed_;
}

bool Prefetcher::within_budget(Bytes bytes) {
  const bool within = under_way_ + bytes <= rules_.budget;
  if (!within) ++counters_.over_budget;
  return within;
}

void Prefetcher::begin(EntryId id, Bytes bytes, const hardware::Stages& stages, Nanoseconds now) {
  CACHEBENCH_CHECK(find(id) == nullptr, "entry {} is fetched ahead twice", index_of(id));
  Nanoseconds ready = now;
  for (const hardware::Stage& stage : stages.span()) {
    Nanoseconds& free = free_at_[static_cast<std::size_t>(stage.resource)];
    ready = free = std::max(free, ready) + stage.duration;
  }
  if (index_of(id) >= slots_.size())
    slots_.resize(std::max<std::size_t>(index_of(id) + std::size_t{1}, 2 * slots_.size()));
  open_.push_back({.id = id, .bytes = bytes, .arrives = ready, .order = begun_});
  slots_[index_of(id)] = static_cast<std::uint32_t>(open_.size());
  arrivals_.push_back({.at = ready, .order = begun_++, .id = id});
  std::push_heap(arrivals_.begin(), arrivals_.end());
  under_way_ += bytes;
  ++counters_.issued.count;
  counters_.issued.bytes += bytes;
}

void Prefetcher::refuse(Bytes bytes) {
  const Fetch never{.id = kNoEntry, .bytes = bytes};
  ++counters_.issued.count;
  counters_.issued.bytes += bytes;
  count(never, PrefetchEnd::kNoSpace);
}

const Prefetcher::Fetch* Prefetcher::find(EntryId id) const {
  if (index_of(id) >= slots_.size() || slots_[index_of(id)] == 0) return nullptr;
  return &open_[slots_[index_of(id)] - 1];
}

bool Prefetcher::is_under_way(EntryId id) const {
  const Fetch* fetch = find(id);
  return fetch != nullptr && fetch->under_way;
}

bool Prefetcher::is_unused(EntryId id) const {
  const Fetch* fetch = find(id);
  return fetch != nullptr && fetch->unused;
}

Nanoseconds Prefetcher::remaining(EntryId id, Nanoseconds now) const {
  return std::max(Nanoseconds{0}, find(id)->arrives - now);
}

Nanoseconds Prefetcher::patience(Bytes bytes, Nanoseconds recompute) const {
  switch (rules_.wait) {
    case PrefetchWait::kBestEffort:
      break;
    case PrefetchWait::kWaitComplete:
      return Nanoseconds::max();
    case PrefetchWait::kTimeout: {
      const double grown = rules_.timeout_ns_per_byte * static_cast<double>(bytes.value);
      const double most = static_cast<double>(rules_.wait_cap.count());
      return std::min(rules_.wait_cap,
                      rules_.timeout_base + Nanoseconds{static_cast<std::int64_t>(std::min(grown, most))});
    }
    case PrefetchWait::kDeadline:
      return std::min({rules_.wait_cap, rules_.slack, recompute});
  }
  return Nanoseconds{0};
}

void Prefetcher::note_wait(Nanoseconds waited) {
  ++counters_.waits;
  counters_.waited += waited;
}

EntryId Prefetcher::next_arrived(Nanoseconds now) {
  while (!arrivals_.empty() && arrivals_.front().at <= now) {
    const Arrival next = arrivals_.front();
    std::pop_heap(arrivals_.begin(), arrivals_.end());
    arrivals_.pop_back();
    const Fetch* known = find(next.id);
    if (known == nullptr || !known->under_way || known->order != next.order) continue;  // forgotten
    land(slots_[index_of(next.id)] - 1);
    return next.id;
  }
  return kNoEntry;
}

void Prefetcher::land(std::size_t slot) {
  open_[slot].under_way = false;
  under_way_ -= open_[slot].bytes;
  close_if_done(slot);
}

bool Prefetcher::end(EntryId id, PrefetchEnd how) {
  if (!is_unused(id)) return false;
  Fetch& fetch = open_[slots_[index_of(id)] - 1];
  fetch.unused = false;
  const bool counted = fetch.counted;
  if (counted) count(fetch, how);
  close_if_done(slots_[index_of(id)] - 1);
  return counted;
}

void Prefetcher::forget(EntryId id) {
  const Fetch* fetch = find(id);
  if (fetch == nullptr) return;
  static_cast<void>(end(id, fetch->under_way ? PrefetchEnd::kCancelled : PrefetchEnd::kEvictedUnused));
  if (!is_under_way(id)) return;
  land(slots_[index_of(id)] - 1);
}

void Prefetcher::recount_corrupt(Bytes bytes) {
  PrefetchAmount& used = counters_.ended[static_cast<std::size_t>(PrefetchEnd::kUsed)];
  --used.count;
  used.bytes -= bytes;
  count({.id = kNoEntry, .bytes = bytes}, PrefetchEnd::kCorrupt);
}

void Prefetcher::close_if_done(std::size_t slot) {
  if (open_[slot].under_way || open_[slot].unused) return;
  slots_[index_of(open_[slot].id)] = 0;
  if (slot + 1 < open_.size()) {
    open_[slot] = open_.back();
    slots_[index_of(open_[slot].id)] = static_cast<std::uint32_t>(slot + 1);
  }
  open_.pop_back();
}

void Prefetcher::count(const Fetch& fetch, PrefetchEnd how) {
  PrefetchAmount& amount = counters_.ended[static_cast<std::size_t>(how)];
  ++amount.count;
  amount.bytes += fetch.bytes;
}

PrefetchCounters Prefetcher::counters() const {
  PrefetchCounters all = counters_;
  for (const Fetch& fetch : open_) {
    if (!fetch.unused || !fetch.counted) continue;
    const PrefetchEnd how = fetch.under_way ? PrefetchEnd::kCancelled : PrefetchEnd::kEvictedUnused;
    PrefetchAmount& amount = all.ended[static_cast<std::size_t>(how)];
    ++amount.count;
    amount.bytes += fetch.bytes;
    if (fetch.under_way) continue;
    ++all.unused_at_end.count;
    all.unused_at_end.bytes += fetch.bytes;
  }
  return all;
}

void Prefetcher::reset() {
  counters_ = {};
  for (Fetch& fetch : open_) fetch.counted = false;
}

}  // namespace cachebench::cache
