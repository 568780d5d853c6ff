// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/eviction_regret.h"

namespace cachebench::cache {

std::optional<double> EvictionRegret::Counts::efficiency() const {
  const std::uint64_t decided = asked_again + let_go;
  if (decided == 0) return std::nullopt;
  return static_cast<double>(let_go) / static_cast<double>(decided);
}

EvictionRegret::Counts& EvictionRegret::Counts::operator+=(const Counts& other) {
  evicted += other.evicted;
  asked_again += other.asked_again;
  let_go += other.let_go;
  return *this;
}

void EvictionRegret::settle(std::uint64_t sequence) {
  while (!order_.empty() && sequence - order_.front().at > window_) {
    const Evicted oldest = order_.front();
    order_.pop_front();
    const auto open = open_.find(oldest.id);
    if (open == open_.end() || open->second != oldest.at) continue;
    open_.erase(open);
    ++counts_.let_go;
  }
}

void EvictionRegret::evicted(EntryId id, std::uint64_t sequence) {
  settle(sequence);
  ++counts_.evicted;
  // Evicted before, and stored again without having been asked for: that was no mistake either.
  if (!open_.insert_or_assign(id, sequence).second) ++counts_.let_go;
  order_.push_back({.id = id, .at = sequence});
}

void EvictionRegret::missed(EntryId id, std::uint64_t sequence) {
  settle(sequence);
  const auto open = open_.find(id);
  if (open == open_.end()) return;
  open_.erase(open);
  ++counts_.asked_again;
}

void EvictionRegret::reset() {
  counts_ = {};
  order_.clear();
  open_.clear();
}

EvictionRegret::Counts EvictionRegret::counts(std::uint64_t sequence) {
  settle(sequence);
  return counts_;
}

}  // namespace cachebench::cache
