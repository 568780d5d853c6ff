// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/index_list.h"
#include "policy/one_tier/describe_eviction.h"
#include "policy/sampling.h"

/// Offline eviction that weighs: entries never used again go first, the longest unused before the others;
/// then, among residents drawn at random, the greatest time to the next use times a weight of the entry.
/// Weight is a class with `double operator()(const AccessInfo&)`, > 0. A heuristic, since no order of entries
/// of different size is optimal. O(samples) an eviction; 12 bytes an id, 24 an entry. One thread;
/// deterministic for a seed. Nothing throws.
namespace cachebench::policy {

template <typename Weight>
class FarthestWeighted final : public EvictionPolicy {
 public:
  FarthestWeighted(const EvictionContext& context, const Parameters& parameters)
      : samples_(static_cast<std::uint32_t>(parameters.get("samples"))), draws_(context.seed) {
    residents_.reserve(context.expected_entries);
    dead_nodes_.reserve(context.expected_entries);
  }

  void on_insert(EntryId id, const AccessInfo& access) override {
    now_ = access.sequence;
    if (access.next_use == kNeverUsed) {
      dead_nodes_.push_front(dead_, id);
    } else {
      residents_.insert({.id = id, .next_use = access.next_use, .weight = weight_(access)});
    }
  }

  void on_hit(EntryId id, const AccessInfo& access) override {
    choice_.forget(id);
    leave(id);
    on_insert(id, access);
  }

  void on_erase(EntryId id, EraseReason) override {
    choice_.forget();
    leave(id);
  }

  EntryId victim(const PinSet& pins) override {
    const EntryId dead = dead_nodes_.last_unpinned(dead_, pins);
    if (dead != kNoEntry) return dead;
    if (choice_.stands(pins)) return choice_.id();
    const auto farther = [now = now_](const Resident& a, const Resident& b) {
      return a.score(now) > b.score(now);
    };
    return choice_.remember(least_of_sample(residents_, samples_, draws_, pins, farther));
  }

  void prefetch(EntryId id) const { residents_.prefetch(id); }

 private:
  struct Resident {
    EntryId id = kNoEntry;
    std::uint64_t next_use = 0;
    double weight = 0;
    // A next use that is past is one that did not come: as good as next.
    [[nodiscard]] double score(std::uint64_t now) const {
      return weight * static_cast<double>(next_use > now ? next_use - now : 1);
    }
  };

  void leave(EntryId id) {
    if (residents_.contains(id)) {
      residents_.erase(id);
    } else {
      dead_nodes_.erase(dead_, id);
    }
  }

  ResidentTable<Resident> residents_;  // those that will be used again
  IndexNodes dead_nodes_;
  IndexList dead_;  // the longest unused at the back
  std::uint32_t samples_;
  Draws draws_;
  LastChoice choice_;
  Weight weight_;
  std::uint64_t now_ = 0;
};

}  // namespace cachebench::policy
