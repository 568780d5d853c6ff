// SPDX-License-Identifier: Apache-2.0
#include "model/component_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace cachebench::model {

ComponentCache::ComponentCache(const ComponentSource& source, Bytes budget, Keep keep)
    : source_(source), budget_(budget), keep_(keep) {
  stats_.budget = budget;
}

ComponentPtr ComponentCache::get(std::string_view name) {
  const Bytes bytes = source_.bytes_of(name);
  if (bytes > budget_) {
    throw Error(ErrorKind::kUsage, fmt::format("component '{}' takes {}, the budget is {}", name,
                                               format_bytes(bytes), format_bytes(budget_)));
  }
  {
    const MutexLock lock(mutex_);
    for (;;) {
      const auto found = slots_.find(name);
      if (found != slots_.end() && found->second.component) {
        ++stats_.hits;
        return lend(found);
      }
      // Somebody is loading it (should that fail, the slot is gone), or what is in use leaves no room.
      if (found == slots_.end() && make_room(bytes)) break;
      changed_.wait(mutex_);
    }
    slots_[std::string(name)].bytes = bytes;
    stats_.resident += bytes;
    stats_.peak = std::max(stats_.peak, stats_.resident);
    ++stats_.loads;
    stats_.loaded += bytes;
  }
  ComponentPtr component;
  try {
    component = source_.load(name);
  } catch (...) {
    const MutexLock lock(mutex_);
    drop(slots_.find(name));
    throw;
  }
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(name);
  slot->second.component = std::move(component);
  slot->second.recency = recency_.insert(recency_.end(), slot->first);
  changed_.notify_all();
  return lend(slot);
}

// What is handed out tells when nobody holds it any more.
ComponentPtr ComponentCache::lend(Slots::iterator slot) {
  ++slot->second.users;
  recency_.splice(recency_.end(), recency_, slot->second.recency);
  const Component* const lent = slot->second.component.get();
  return {lent, [this, name = slot->first](const Component*) { give_back(name); }};
}

void ComponentCache::give_back(const std::string& name) {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(name);
  if (--slot->second.users > 0) return;
  if (keep_ == Keep::kNothing) drop(slot);
  changed_.notify_all();  // it may be evicted now
}

void ComponentCache::drop(Slots::iterator slot) {
  if (slot->second.component) recency_.erase(slot->second.recency);
  stats_.resident -= slot->second.bytes;
  slots_.erase(slot);
  changed_.notify_all();
}

bool ComponentCache::make_room(Bytes wanted) {
  for (auto oldest = recency_.begin(); oldest != recency_.end() && stats_.resident + wanted > budget_;) {
    const auto slot = slots_.find(*oldest++);
    if (slot->second.users > 0) continue;
    ++stats_.evictions;
    drop(slot);
  }
  return stats_.resident + wanted <= budget_;
}

ComponentCacheStats ComponentCache::stats() const {
  const MutexLock lock(mutex_);
  return stats_;
}

void ComponentCache::reset_stats() {
  const MutexLock lock(mutex_);
  const Bytes resident = stats_.resident;
  stats_ = {};
  stats_.budget = budget_;
  stats_.resident = stats_.peak = resident;
}

}  // namespace cachebench::model
