// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/check.h"
#include "core/units.h"
#include "policy/index_list.h"

/// Up to fifteen queues of entries that know how many bytes they hold: what most policies with several
/// segments are made of, their ghosts included. An id is in one queue at most and keeps its bytes and a small
/// count with it from queue to queue. 16 bytes an id, all operations O(1), trimming O(entries dropped). Owned
/// by one policy, one thread. Misuse is a programmer error, checked in debug builds.
namespace cachebench::policy {

/// The part `ratio` (0 to 1, to a millionth) of a capacity, rounded down. Whole bytes compare with it as with
/// the exact share, so decisions stay when all sizes and the capacity are scaled; the rest of a capacity is
/// therefore share_of(capacity, 1 - ratio) and not a difference.
[[nodiscard]] inline std::uint64_t share_of(Bytes capacity, double ratio) {
  constexpr std::uint64_t kParts = 1'000'000;
  constexpr double kHalf = 0.5;
  const double exact = ratio * static_cast<double>(kParts);
  auto parts = static_cast<std::uint64_t>(exact);
  if (exact - static_cast<double>(parts) >= kHalf) ++parts;
  return capacity.value / kParts * parts + capacity.value % kParts * parts / kParts;
}

class ByteQueues {
 public:
  static constexpr unsigned kNowhere = 0;  ///< the queue of ids that are in none; queues count from 1
  static constexpr unsigned kMostCount = 15;

  explicit ByteQueues(std::size_t expected) { nodes_.reserve(expected); }

  /// Enters with a count of 0. REQUIRES: in no queue.
  void push_front(unsigned queue, EntryId id, Bytes bytes) {
    nodes_.push_front(queues_[queue].list, id);
    nodes_[id].set(bytes.value, queue);
    queues_[queue].bytes += nodes_[id].bytes();
  }
  /// REQUIRES: in a queue.
  void erase(EntryId id) {
    Queue& queue = queues_[nodes_[id].queue()];
    queue.bytes -= nodes_[id].bytes();
    nodes_.erase(queue.list, id);
    nodes_[id].set_queue(kNowhere);
  }
  /// From wherever it is to the front of `queue`; the count stays. REQUIRES: in a queue.
  void move_to_front(unsigned queue, EntryId id) {
    State& state = nodes_[id];
    Queue& from = queues_[state.queue()];
    if (from.list.front == id && state.queue() == queue) return;
    nodes_.erase(from.list, id);
    from.bytes -= state.bytes();
    nodes_.push_front(queues_[queue].list, id);
    queues_[queue].bytes += state.bytes();
    state.set_queue(queue);
  }
  /// Tells its size anew. REQUIRES: in a queue.
  void resize(EntryId id, Bytes bytes) {
    State& state = nodes_[id];
    if (state.bytes() == bytes.value) [[likely]]
      return;
    Queue& queue = queues_[state.queue()];
    queue.bytes -= state.bytes();
    state.set_bytes(bytes.value);
    queue.bytes += state.bytes();
  }

  /// From its queue into a ghost queue that holds `limit` bytes, the oldest making room; larger than that it
  /// is forgotten at once. REQUIRES: in a queue.
  void retire(EntryId id, unsigned ghosts, std::uint64_t limit) {
    if (nodes_[id].bytes() > limit) {
      erase(id);
      return;
    }
    move_to_front(ghosts, id);
    trim(ghosts, limit);
  }
  /// Drops entries from the back until the queue holds `limit` bytes at most.
  void trim(unsigned queue, std::uint64_t limit) {
    while (queues_[queue].bytes > limit) erase(queues_[queue].list.back);
  }
  /// Takes `id` out of `queue` if it is there, and says whether it was.
  bool take(unsigned queue, EntryId id) {
    if (queue_of(id) != queue) return false;
    erase(id);
    return true;
  }

  [[nodiscard]] unsigned queue_of(EntryId id) const {
    return index_of(id) < nodes_.size() ? nodes_[id].queue() : kNowhere;
  }
  [[nodiscard]] std::uint64_t bytes_of(EntryId id) const { return nodes_[id].bytes(); }
  [[nodiscard]] std::uint64_t bytes(unsigned queue) const { return queues_[queue].bytes; }
  [[nodiscard]] bool empty(unsigned queue) const { return queues_[queue].list.empty(); }
  [[nodiscard]] EntryId back(unsigned queue) const { return queues_[queue].list.back; }
  [[nodiscard]] EntryId previous(EntryId id) const { return nodes_.previous(id); }
  [[nodiscard]] EntryId last_unpinned(unsigned queue, const PinSet& pins) const {
    return nodes_.last_unpinned(queues_[queue].list, pins);
  }

  /// A number up to kMostCount that the policy keeps with the entry.
  [[nodiscard]] unsigned count(EntryId id) const { return nodes_[id].count(); }
  void set_count(EntryId id, unsigned count) { nodes_[id].set_count(std::min(count, kMostCount)); }

  void prefetch(EntryId id) const { nodes_.prefetch(id); }

 private:
  // Bytes, queue and count in one word: 56, 4 and 4 bits.
  class State {
   public:
    [[nodiscard]] std::uint64_t bytes() const { return word_ >> 8U; }
    [[nodiscard]] unsigned queue() const { return static_cast<unsigned>(word_ >> 4U) & 15U; }
    [[nodiscard]] unsigned count() const { return static_cast<unsigned>(word_) & 15U; }
    void set(std::uint64_t bytes, unsigned queue) { word_ = clamped(bytes) << 8U | queue << 4U; }
    void set_bytes(std::uint64_t bytes) { word_ = (word_ & 0xFFU) | clamped(bytes) << 8U; }
    void set_queue(unsigned queue) { word_ = (word_ & ~std::uint64_t{0xF0}) | queue << 4U; }
    void set_count(unsigned count) { word_ = (word_ & ~std::uint64_t{0x0F}) | count; }

   private:
    static std::uint64_t clamped(std::uint64_t bytes) {
      return std::min(bytes, (std::uint64_t{1} << 56U) - 1);
    }
    std::uint64_t word_ = 0;
  };
  struct Queue {
    IndexList list;
    std::uint64_t bytes = 0;
  };

  LinkedNodes<State> nodes_;
  std::array<Queue, 16> queues_{};
};

}  // namespace cachebench::policy
