// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "policy/byte_queues.h"

/// What left a cache lately: ids without their bytes, the oldest forgotten first, bounded by the bytes the
/// entries had, or by their number when each is remembered with a size of 1. All operations O(1), 16 bytes an
/// id. Owned by one policy, one thread; no errors. A policy whose own entries are in ByteQueues keeps its
/// ghosts there instead.
namespace cachebench::policy {

class GhostList {
 public:
  explicit GhostList(std::uint64_t limit, std::size_t expected = 0) : queues_(expected), limit_(limit) {}

  /// As the youngest, wherever it was. Larger than the limit, it is not remembered.
  void remember(EntryId id, Bytes bytes = Bytes{1}) {
    queues_.take(kGhosts, id);
    if (bytes.value > limit_) return;
    queues_.push_front(kGhosts, id, bytes);
    queues_.trim(kGhosts, limit_);
  }
  /// Whether it was there.
  bool forget(EntryId id) { return queues_.take(kGhosts, id); }
  [[nodiscard]] bool contains(EntryId id) const { return queues_.queue_of(id) == kGhosts; }
  /// The one to be forgotten next; kNoEntry when there is none.
  [[nodiscard]] EntryId oldest() const { return queues_.back(kGhosts); }
  [[nodiscard]] std::uint64_t bytes() const { return queues_.bytes(kGhosts); }
  /// A lower limit forgets at once.
  void set_limit(std::uint64_t limit) {
    limit_ = limit;
    queues_.trim(kGhosts, limit_);
  }
  void prefetch(EntryId id) const { queues_.prefetch(id); }

 private:
  static constexpr unsigned kGhosts = 1;
  ByteQueues queues_;
  std::uint64_t limit_;
};

}  // namespace cachebench::policy
