// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "policy/byte_queues.h"

/// The segments of a segmented LRU inside a policy's ByteQueues: a used entry rises one segment, those that a
/// full segment can no longer hold sink one. The lowest segment has no limit of its own, the caller evicts
/// from it. O(segments) an operation. Refers to the queues, which outlive it; one thread.
namespace cachebench::policy {

class SegmentedLru {
 public:
  /// Segment i is queue `first` + i of `queues` and holds limits[i] bytes. REQUIRES: at least one segment.
  SegmentedLru(ByteQueues& queues, unsigned first, std::vector<std::uint64_t> limits)
      : queues_(queues), first_(first), limits_(std::move(limits)) {}

  /// As many as before; entries sink at the next use.
  void set_limits(std::vector<std::uint64_t> limits) { limits_ = std::move(limits); }

  /// The queue an entry of `bytes` enters: the lowest segment with room for it, or else the lowest.
  [[nodiscard]] unsigned queue_for(std::uint64_t bytes) const {
    for (unsigned i = 0; i < limits_.size(); ++i) {
      const std::uint64_t held = queues_.bytes(first_ + i);
      if (held <= limits_[i] && bytes <= limits_[i] - held) return first_ + i;
    }
    return first_;
  }
  /// REQUIRES: in one of the segments.
  void on_hit(EntryId id, Bytes bytes) {
    queues_.resize(id, bytes);
    const unsigned highest = first_ + static_cast<unsigned>(limits_.size()) - 1;
    const unsigned from = queues_.queue_of(id);
    const unsigned to = from < highest ? from + 1 : highest;
    queues_.move_to_front(to, id);
    for (unsigned queue = to; queue > first_; --queue) {
      while (queues_.bytes(queue) > limits_[queue - first_]) {
        queues_.move_to_front(queue - 1, queues_.back(queue));
      }
    }
  }
  /// The least recently used of the lowest segment that has one free to go; kNoEntry when none has.
  [[nodiscard]] EntryId victim(const PinSet& pins) const {
    for (unsigned i = 0; i < limits_.size(); ++i) {
      const EntryId id = queues_.last_unpinned(first_ + i, pins);
      if (id != kNoEntry) return id;
    }
    return kNoEntry;
  }
  /// Whether the lowest segment holds more than its share.
  [[nodiscard]] bool overflows() const { return queues_.bytes(first_) > limits_.front(); }
  /// Of all segments.
  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < limits_.size(); ++i) sum += queues_.bytes(first_ + i);
    return sum;
  }

 private:
  ByteQueues& queues_;
  unsigned first_;
  std::vector<std::uint64_t> limits_;
};

}  // namespace cachebench::policy
