// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/ids.h"
#include "policy/access_info.h"
#include "policy/index_list.h"

/// Entries by frequency, in each frequency by arrival at it: a list of buckets in rising order, each a list
/// of its entries. What policies need that join frequency with something else (CACHEUS). O(1) an
/// operation, but for inserting at another frequency than 1, which passes the lower buckets. 12 bytes an id
/// and 32 a distinct frequency. Owned by one policy; one thread. Misuse is a programmer error, checked in
/// debug builds.
namespace cachebench::policy {

class FrequencyLists {
 public:
  /// Room for ids below `count`, a hint.
  void reserve(std::size_t count) { nodes_.reserve(count); }
  /// REQUIRES: contained.
  [[nodiscard]] std::uint64_t frequency(EntryId id) const { return buckets_[nodes_[id]].frequency; }

  /// As the last to arrive at that frequency. REQUIRES: not contained; frequency > 0.
  void insert(EntryId id, std::uint64_t frequency = 1) {
    std::uint32_t before = kNone;
    std::uint32_t at = lowest_;
    while (at != kNone && buckets_[at].frequency < frequency) {
      before = at;
      at = buckets_[at].next;
    }
    if (at == kNone || buckets_[at].frequency != frequency) at = make_bucket(frequency, before, at);
    enter(at, id);
  }

  /// One use more. REQUIRES: contained.
  void increment(EntryId id) {
    const std::uint32_t from = nodes_[id];
    const std::uint64_t frequency = buckets_[from].frequency + 1;
    std::uint32_t to = buckets_[from].next;
    if (to == kNone || buckets_[to].frequency != frequency) {
      if (buckets_[from].entries.front == buckets_[from].entries.back) {
        buckets_[from].frequency = frequency;  // alone: its bucket moves with it
        return;
      }
      to = make_bucket(frequency, from, to);
    }
    leave(from, id);
    enter(to, id);
  }

  /// REQUIRES: contained.
  void erase(EntryId id) { leave(nodes_[id], id); }

  /// Of the lowest frequency that has unpinned ones, the one longest there; kNoEntry when there is none.
  [[nodiscard]] EntryId longest_at_lowest(const PinSet& pins) const {
    for (std::uint32_t bucket = lowest_; bucket != kNone; bucket = buckets_[bucket].next) {
      EntryId id = buckets_[bucket].entries.front;
      while (id != kNoEntry && pins.is_pinned(id)) id = nodes_.next(id);
      if (id != kNoEntry) return id;
    }
    return kNoEntry;
  }

  /// The same, but the one that came there last.
  [[nodiscard]] EntryId latest_at_lowest(const PinSet& pins) const {
    for (std::uint32_t bucket = lowest_; bucket != kNone; bucket = buckets_[bucket].next) {
      const EntryId id = nodes_.last_unpinned(buckets_[bucket].entries, pins);
      if (id != kNoEntry) return id;
    }
    return kNoEntry;
  }

  void prefetch(EntryId id) const { nodes_.prefetch(id); }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
  struct Bucket {
    std::uint64_t frequency = 0;
    IndexList entries;  // the longest at this frequency in front
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
  };

  std::uint32_t make_bucket(std::uint64_t frequency, std::uint32_t previous, std::uint32_t next) {
    std::uint32_t made = free_;
    if (made == kNone) {
      made = static_cast<std::uint32_t>(buckets_.size());
      buckets_.emplace_back();
    } else {
      free_ = buckets_[made].next;
    }
    buckets_[made] = {frequency, {}, previous, next};
    (previous == kNone ? lowest_ : buckets_[previous].next) = made;
    if (next != kNone) buckets_[next].previous = made;
    return made;
  }

  void enter(std::uint32_t bucket, EntryId id) {
    nodes_.push_back(buckets_[bucket].entries, id);
    nodes_[id] = bucket;
  }

  void leave(std::uint32_t bucket, EntryId id) {
    Bucket& from = buckets_[bucket];
    nodes_.erase(from.entries, id);
    if (!from.entries.empty()) return;
    (from.previous == kNone ? lowest_ : buckets_[from.previous].next) = from.next;
    if (from.next != kNone) buckets_[from.next].previous = from.previous;
    from.next = free_;
    free_ = bucket;
  }

  LinkedNodes<std::uint32_t> nodes_;  // each with its bucket
  std::vector<Bucket> buckets_;
  std::uint32_t lowest_ = kNone;
  std::uint32_t free_ = kNone;  // unused buckets, linked by `next`
};

}  // namespace cachebench::policy
