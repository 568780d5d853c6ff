// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/huge_pages.h"
#include "core/ids.h"
#include "core/prefetch.h"
#include "policy/access_info.h"

/// Doubly linked lists of dense entry ids over one flat array of nodes. An id is in at most one list at a
/// time; any number of lists share the array, so moving an id between lists allocates nothing. A node may
/// carry a payload, which stays with the id whatever list it is in. All operations are O(1) and touch at most
/// four nodes of eight bytes and a payload. Header only, because these are the inner loop of most policies.
/// One thread. Misuse (linking a linked id) is a programmer error, checked in debug builds.
namespace cachebench::policy {

/// The ends of a list; the ids in between are linked in the IndexNodes it is used with.
struct IndexList {
  EntryId front = kNoEntry;
  EntryId back = kNoEntry;
  [[nodiscard]] bool empty() const { return front == kNoEntry; }
};

struct NoPayload {};

template <typename Payload = NoPayload>
class LinkedNodes {
 public:
  /// Room for ids below `count`, a hint.
  void reserve(std::size_t count) {
    if (count <= nodes_.size()) return;
    reserve_huge(nodes_, count);
    nodes_.resize(count);
  }

  void push_front(IndexList& list, EntryId id) {
    Node& node = grown(id);
    CACHEBENCH_DCHECK(!node.linked(), "entry {} is in a list already", index_of(id));
    node.previous = kNoEntry;
    node.next = list.front;
    (list.front == kNoEntry ? list.back : at(list.front).previous) = id;
    list.front = id;
  }

  void push_back(IndexList& list, EntryId id) {
    Node& node = grown(id);
    CACHEBENCH_DCHECK(!node.linked(), "entry {} is in a list already", index_of(id));
    node.previous = list.back;
    node.next = kNoEntry;
    (list.back == kNoEntry ? list.front : at(list.back).next) = id;
    list.back = id;
  }

  /// REQUIRES: `id` is in `list`.
  void erase(IndexList& list, EntryId id) {
    Node& node = at(id);
    CACHEBENCH_DCHECK(node.linked(), "entry {} is in no list", index_of(id));
    (node.previous == kNoEntry ? list.front : at(node.previous).next) = node.next;
    (node.next == kNoEntry ? list.back : at(node.next).previous) = node.previous;
    node.previous = id;
    node.next = id;
  }

  /// REQUIRES: `id` is in `list`.
  void move_to_front(IndexList& list, EntryId id) {
    if (list.front == id) return;
    erase(list, id);
    push_front(list, id);
  }

  /// What the node of `id` carries. REQUIRES: `id` was in a list, or is below what was reserved.
  [[nodiscard]] Payload& operator[](EntryId id) { return nodes_[index_of(id)].payload; }
  [[nodiscard]] const Payload& operator[](EntryId id) const { return nodes_[index_of(id)].payload; }
  /// How many ids have a node.
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  /// Towards the back; kNoEntry at the end. REQUIRES: `id` is in a list.
  [[nodiscard]] EntryId next(EntryId id) const { return nodes_[index_of(id)].next; }
  /// Towards the front.
  [[nodiscard]] EntryId previous(EntryId id) const { return nodes_[index_of(id)].previous; }
  /// The entry nearest to the back that is not pinned; kNoEntry when all are.
  [[nodiscard]] EntryId last_unpinned(const IndexList& list, const PinSet& pins) const {
    EntryId id = list.back;
    while (id != kNoEntry && pins.is_pinned(id)) id = previous(id);
    return id;
  }
  /// Asks the node of `id` from memory ahead of its use.
  void prefetch(EntryId id) const {
    if (index_of(id) < nodes_.size()) prefetch_line(&nodes_[index_of(id)]);
  }
  /// Whether `id` is in a list.
  [[nodiscard]] bool linked(EntryId id) const {
    return index_of(id) < nodes_.size() && nodes_[index_of(id)].linked();
  }

 private:
  // A node in no list points to itself both ways, or is as made.
  struct Node {
    EntryId previous{0};
    EntryId next{0};
    [[no_unique_address]] Payload payload{};
    [[nodiscard]] bool linked() const { return previous != next || previous == kNoEntry; }
  };

  Node& at(EntryId id) { return nodes_[index_of(id)]; }
  Node& grown(EntryId id) {
    const std::size_t index = index_of(id);
    if (index >= nodes_.size()) [[unlikely]]
      nodes_.resize(std::max(index + 1, 2 * nodes_.size()));
    return nodes_[index];
  }

  std::vector<Node> nodes_;
};

using IndexNodes = LinkedNodes<>;

}  // namespace cachebench::policy
