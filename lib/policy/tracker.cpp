// SPDX-License-Identifier: Apache-2.0
#include "policy/tracker.h"

#include <algorithm>

#include "core/check.h"

namespace cachebench::policy {
namespace {

// Weight of the newest gap in the running means.
constexpr double kGapWeight = 0.25;

void add_gap(AccessPattern& pattern, double gap) {
  if (pattern.mean_gap == 0) {
    pattern.mean_gap = gap;
    return;
  }
  const double off = gap > pattern.mean_gap ? gap - pattern.mean_gap : pattern.mean_gap - gap;
  pattern.gap_deviation += kGapWeight * (off - pattern.gap_deviation);
  pattern.mean_gap += kGapWeight * (gap - pattern.mean_gap);
}

}  // namespace

AccessPatternTracker::AccessPatternTracker(std::size_t window) : ring_(window, kNoEntry) {
  CACHEBENCH_CHECK(window > 0);
}

void AccessPatternTracker::on_access(EntryId id, const AccessInfo& access) {
  const std::size_t index = index_of(id);
  if (index >= patterns_.size()) [[unlikely]]
    patterns_.resize(std::max(index + 1, 2 * patterns_.size()));
  ++accesses_;
  EntryId& slot = ring_[accesses_ % ring_.size()];
  if (slot != kNoEntry) --patterns_[index_of(slot)].in_window;
  slot = id;
  AccessPattern& pattern = patterns_[index];
  ++pattern.in_window;
  if (pattern.accesses != UINT32_MAX) ++pattern.accesses;
  if (pattern.last_access != 0) add_gap(pattern, static_cast<double>(accesses_ - pattern.last_access));
  pattern.last_access = accesses_;
  pattern.last_time = access.now;
}

AccessPattern AccessPatternTracker::pattern(EntryId id) const {
  return index_of(id) < patterns_.size() ? patterns_[index_of(id)] : AccessPattern{};
}

Nanoseconds AccessPatternTracker::idle(EntryId id, Nanoseconds now) const {
  const AccessPattern known = pattern(id);
  return known.last_access == 0 ? Nanoseconds::max() : now - known.last_time;
}

std::vector<EntryId> AccessPatternTracker::hot(std::uint32_t threshold) const {
  std::vector<EntryId> result;
  for (const EntryId id : ring_) {
    if (id != kNoEntry && patterns_[index_of(id)].in_window >= threshold) result.push_back(id);
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::vector<EntryId> AccessPatternTracker::cold(Nanoseconds now, Nanoseconds limit) const {
  std::vector<EntryId> result;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    if (patterns_[i].last_access != 0 && now - patterns_[i].last_time > limit) {
      result.push_back(EntryId{static_cast<std::uint32_t>(i)});
    }
  }
  return result;
}

}  // namespace cachebench::policy
