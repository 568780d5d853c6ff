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
/// of its entries. What policies need that join frequency with something else (CACHEUS, LeCaR). O(1) an
/// operation, but for inserting at another frequency than 1, which passes the lower buckets. 32 bytes a
/// distinct frequency; FrequencyLists takes 12 bytes an id beside. Owned by one policy; one thread. Misuse is
/// a programmer error, checked in debug builds.
namespace cachebench::policy {

/// The buckets alone, for policies that keep the links of an entry in a record of their own. `Links` has
/// push_back and erase (IndexList&, EntryId), next and previous (EntryId), and bucket (EntryId), a reference
/// to where the number of the entry's bucket is kept.
class FrequencyBuckets {
 public:
  /// REQUIRES: contained.
  template <typename Links>
  [[nodiscard]] std::uint64_t frequency(const Links& links, EntryId id) const {
    return buckets_[links.bucket(id)].frequency;
  }

  /// As the last to arrive at that frequency. REQUIRES: not contained; frequency > 0.
  template <typename Links>
  void insert(Links&& links, EntryId id, std::uint64_t frequency = 1) {
    std::uint32_t before = kNone;
    std::uint32_t at = lowest_;
    while (at != kNone && buckets_[at].frequency < frequency) {
      before = at;
      at = buckets_[at].next;
    }
    if (at == kNone || buckets_[at].frequency != frequency) at = make_bucket(frequency, before, at);
    enter(links, at, id);
  }

  /// One use more. REQUIRES: contained.
  template <typename Links>
  void increment(Links&& links, EntryId id) {
    const std::uint32_t from = links.bucket(id);
    const std::uint64_t frequency = buckets_[from].frequency + 1;
    std::uint32_t to = buckets_[from].next;
    if (to == kNone || buckets_[to].frequency != frequency) {
      if (buckets_[from].entries.front == buckets_[from].entries.back) {
        buckets_[from].frequency = frequency;  // alone: its bucket moves with it
        return;
      }
      to = make_bucket(frequency, from, to);
    }
    leave(links, from, id);
    enter(links, to, id);
  }

  /// REQUIRES: contained.
  template <typename Links>
  void erase(Links&& links, EntryId id) {
    leave(links, links.bucket(id), id);
  }

  /// Of the lowest frequency that has unpinned ones, the one longest there; kNoEntry when there is none.
  template <typename Links>
  [[nodiscard]] EntryId longest_at_lowest(const Links& links, const PinSet& pins) const {
    for (std::uint32_t bucket = lowest_; bucket != kNone; bucket = buckets_[bucket].next) {
      EntryId id = buckets_[bucket].entries.front;
      while (id != kNoEntry && pins.is_pinned(id)) id = links.next(id);
      if (id != kNoEntry) return id;
    }
    return kNoEntry;
  }

  /// The same, but the one that came there last.
  template <typename Links>
  [[nodiscard]] EntryId latest_at_lowest(const Links& links, const PinSet& pins) const {
    for (std::uint32_t bucket = lowest_; bucket != kNone; bucket = buckets_[bucket].next) {
      EntryId id = buckets_[bucket].entries.back;
      while (id != kNoEntry && pins.is_pinned(id)) id = links.previous(id);
      if (id != kNoEntry) return id;
    }
    return kNoEntry;
  }

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

  template <typename Links>
  void enter(Links& links, std::uint32_t bucket, EntryId id) {
    links.push_back(buckets_[bucket].entries, id);
    links.bucket(id) = bucket;
  }

  template <typename Links>
  void leave(Links& links, std::uint32_t bucket, EntryId id) {
    Bucket& from = buckets_[bucket];
    links.erase(from.entries, id);
    if (!from.entries.empty()) return;
    (from.previous == kNone ? lowest_ : buckets_[from.previous].next) = from.next;
    if (from.next != kNone) buckets_[from.next].previous = from.previous;
    from.next = free_;
    free_ = bucket;
  }

  std::vector<Bucket> buckets_;
  std::uint32_t lowest_ = kNone;
  std::uint32_t free_ = kNone;  // unused buckets, linked by `next`
};

/// Buckets and the links of their entries.
class FrequencyLists {
 public:
  /// Room for ids below `count`, a hint.
  void reserve(std::size_t count) { links_.reserve(count); }
  // As those of FrequencyBuckets.
  [[nodiscard]] std::uint64_t frequency(EntryId id) const { return buckets_.frequency(links_, id); }
  void insert(EntryId id, std::uint64_t frequency = 1) { buckets_.insert(links_, id, frequency); }
  void increment(EntryId id) { buckets_.increment(links_, id); }
  void erase(EntryId id) { buckets_.erase(links_, id); }
  [[nodiscard]] EntryId longest_at_lowest(const PinSet& pins) const {
    return buckets_.longest_at_lowest(links_, pins);
  }
  [[nodiscard]] EntryId latest_at_lowest(const PinSet& pins) const {
    return buckets_.latest_at_lowest(links_, pins);
  }
  void prefetch(EntryId id) const { links_.prefetch(id); }

 private:
  struct Links : LinkedNodes<std::uint32_t> {  // each with its bucket
    [[nodiscard]] std::uint32_t& bucket(EntryId id) { return (*this)[id]; }
    [[nodiscard]] const std::uint32_t& bucket(EntryId id) const { return (*this)[id]; }
  };

  Links links_;
  FrequencyBuckets buckets_;
};

}  // namespace cachebench::policy
