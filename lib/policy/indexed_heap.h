// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/huge_pages.h"
#include "core/ids.h"
#include "core/prefetch.h"
#include "policy/access_info.h"

/// A priority queue of dense entry ids, smallest key first, whose members can be looked up, re-keyed and
/// removed: a d-ary heap in one array, and by id its true key and its place in it. Made for ranked eviction,
/// where keys mostly grow between two looks at the top: `raise` only notes the new key, O(1), and the entry
/// is moved when it comes up; a removal at the top leaves a hole that the next `push` fills. All else is
/// O(log n). Key is copied, has < and ==, and should tell any two members apart (add a counter), else ties
/// fall by place. Memory: one Key and 4 bytes an id ever seen, the same again a member. Owned by one policy;
/// one thread. Misuse is a programmer error, checked in debug builds.
namespace cachebench::policy {

template <typename Key, std::size_t kArity = 4>
class IndexedHeap {
 public:
  /// Room for ids below `count`, a hint.
  void reserve(std::size_t count) {
    if (count <= entries_.size()) return;
    reserve_huge(entries_, count);
    entries_.resize(count);
  }
  [[nodiscard]] std::size_t size() const { return nodes_.size() - (hole_ ? 1 : 0); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] bool contains(EntryId id) const {
    return index_of(id) < entries_.size() && entries_[index_of(id)].place != kAbsent;
  }
  /// REQUIRES: contained.
  [[nodiscard]] const Key& key(EntryId id) const { return entries_[index_of(id)].key; }

  /// REQUIRES: not contained.
  void push(EntryId id, const Key& key) {
    if (index_of(id) >= entries_.size()) [[unlikely]] {
      entries_.resize(std::max<std::size_t>(index_of(id) + 1, 2 * entries_.size()));
    }
    CACHEBENCH_DCHECK(!contains(id), "entry {} is in the heap already", index_of(id));
    entries_[index_of(id)].key = key;
    if (hole_) {
      hole_ = false;
      sift_down(0, {key, id});
    } else {
      nodes_.push_back({key, id});
      sift_up(nodes_.size() - 1, {key, id});
    }
  }

  /// A key that is not smaller than the one before. REQUIRES: contained.
  void raise(EntryId id, const Key& key) {
    CACHEBENCH_DCHECK(contains(id), "entry {} is not in the heap", index_of(id));
    CACHEBENCH_DCHECK(!(key < entries_[index_of(id)].key), "the key of entry {} falls", index_of(id));
    entries_[index_of(id)].key = key;
  }

  /// Any key. REQUIRES: contained.
  void update(EntryId id, const Key& key) {
    CACHEBENCH_DCHECK(contains(id), "entry {} is not in the heap", index_of(id));
    Entry& entry = entries_[index_of(id)];
    entry.key = key;
    if (key < nodes_[entry.place].key) {
      fill_hole();
      sift_up(entry.place, {key, id});
    }
  }

  /// REQUIRES: contained.
  void erase(EntryId id) {
    CACHEBENCH_DCHECK(contains(id), "entry {} is not in the heap", index_of(id));
    const std::size_t place = entries_[index_of(id)].place;
    if (place == 0 && !hole_) {
      entries_[index_of(id)].place = kAbsent;
      hole_ = true;
      return;
    }
    fill_hole();
    remove_at(entries_[index_of(id)].place);
    entries_[index_of(id)].place = kAbsent;
  }

  /// The member of the smallest key; kNoEntry when empty.
  [[nodiscard]] EntryId top() {
    fill_hole();
    while (!nodes_.empty()) {
      const EntryId id = nodes_.front().id;
      if (settled(0)) return id;
    }
    return kNoEntry;
  }

  /// The member of the smallest key that is not pinned; kNoEntry when all are. O(pinned) more.
  [[nodiscard]] EntryId first_unpinned(const PinSet& pins) {
    if (pins.none()) return top();
    fill_hole();
    while (true) {
      const std::size_t place = first_unpinned_place(pins);
      if (place == kAbsent) return kNoEntry;
      const EntryId id = nodes_[place].id;
      if (settled(place)) return id;
    }
  }

  /// Replaces every key by change(key), which keeps their order. O(n).
  template <typename Change>
  void transform(Change change) {
    fill_hole();
    for (Node& node : nodes_) {
      node.key = change(node.key);
      entries_[index_of(node.id)].key = change(entries_[index_of(node.id)].key);
    }
  }

  /// Asks the record of `id` from memory ahead of its use.
  void prefetch(EntryId id) const {
    if (index_of(id) < entries_.size()) prefetch_line(&entries_[index_of(id)]);
  }

 private:
  static constexpr std::uint32_t kAbsent = 0xFFFFFFFFU;
  // In the heap by `key`, which may have fallen behind the entry's true one, never run ahead of it.
  struct Node {
    Key key;
    EntryId id;
  };
  struct Entry {
    Key key{};
    std::uint32_t place = kAbsent;
  };

  void put(std::size_t place, const Node& node) {
    nodes_[place] = node;
    entries_[index_of(node.id)].place = static_cast<std::uint32_t>(place);
  }

  // Whether the node there has its true key; otherwise gives it that and moves it.
  bool settled(std::size_t place) {
    Node node = nodes_[place];
    const Key& key = entries_[index_of(node.id)].key;
    if (node.key == key) return true;
    node.key = key;
    sift_down(place, node);
    return false;
  }

  void sift_up(std::size_t place, const Node& node) {
    while (place > 0) {
      const std::size_t parent = (place - 1) / kArity;
      if (!(node.key < nodes_[parent].key)) break;
      put(place, nodes_[parent]);
      place = parent;
    }
    put(place, node);
  }

  void sift_down(std::size_t place, const Node& node) {
    const std::size_t count = nodes_.size();
    while (true) {
      const std::size_t first = place * kArity + 1;
      if (first >= count) break;
      std::size_t least = first;
      const std::size_t end = std::min(first + kArity, count);
      for (std::size_t child = first + 1; child < end; ++child) {
        least = nodes_[child].key < nodes_[least].key ? child : least;
      }
      if (!(nodes_[least].key < node.key)) break;
      put(place, nodes_[least]);
      place = least;
    }
    put(place, node);
  }

  void remove_at(std::size_t place) {
    const Node last = nodes_.back();
    nodes_.pop_back();
    if (place == nodes_.size()) return;
    if (place > 0 && last.key < nodes_[(place - 1) / kArity].key) {
      sift_up(place, last);
    } else {
      sift_down(place, last);
    }
  }

  void fill_hole() {
    if (!hole_) return;
    hole_ = false;
    remove_at(0);
  }

  // Below an unpinned node nothing is better, so only what lies under pinned ones is looked through.
  [[nodiscard]] std::size_t first_unpinned_place(const PinSet& pins) {
    std::size_t best = kAbsent;
    open_.clear();
    if (!nodes_.empty()) open_.push_back(0);
    while (!open_.empty()) {
      const std::size_t place = open_.back();
      open_.pop_back();
      if (best != kAbsent && !(nodes_[place].key < nodes_[best].key)) continue;
      if (!pins.is_pinned(nodes_[place].id)) {
        best = place;
        continue;
      }
      const std::size_t first = place * kArity + 1;
      const std::size_t end = std::min(first + kArity, nodes_.size());
      for (std::size_t child = first; child < end; ++child) open_.push_back(child);
    }
    return best;
  }

  std::vector<Node> nodes_;
  std::vector<Entry> entries_;     // by id
  std::vector<std::size_t> open_;  // of first_unpinned_place, kept for its memory
  bool hole_ = false;              // the first node has left, its place waits for the next
};

}  // namespace cachebench::policy
